"""connlint inside Django: system checks and `manage.py connlint`, with the settings that are really loaded.

Put `"connlint.django"` in INSTALLED_APPS. Only this package imports Django.
"""
