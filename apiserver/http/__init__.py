"""What all calls share: admission, forms, paths, paging, problem responses."""
