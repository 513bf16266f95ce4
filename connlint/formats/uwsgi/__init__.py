"""uWSGI's configuration in its four dialects, as uWSGI 2.0 reads it; start at `reader`."""
