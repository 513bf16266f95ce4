"""Procfiles, and the files beside them that say more of the same app: app.json, heroku.yml, DOKKU_SCALE, .env."""
