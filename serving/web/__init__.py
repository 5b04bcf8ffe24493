"""How services answer browsers: which pages may call, cookies, headers of answers, HEAD."""
