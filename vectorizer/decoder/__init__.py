"""Decodes images in processes that can be ended, without models, network or files."""
