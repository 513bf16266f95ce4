"""The files of hosting platforms and init systems: Fly, Render, Railway, App Engine, DigitalOcean, ECS, s6, cron and others."""
