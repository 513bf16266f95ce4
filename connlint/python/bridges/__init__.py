"""Between evaluated code and the models in `libraries`: recognises the helper libraries and keeps pedigrees."""
