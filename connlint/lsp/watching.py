"""Which files an editor is asked to watch: everything that discovery may read, whatever it turns out to be."""

from __future__ import annotations

from typing import Final

# One pattern for each kind of name in project/discovery.py and project/deployment_files.py. Python is watched whole: any
# module may start work or be imported by the settings. A test names a file of each kind.
PATTERNS: Final = (
    "**/*.py",
    "**/*.{ini,conf,cnf,toml,json,xml,yaml,yml,txt,in,lock,cfg,env,service,timer,target,vhost,tpl,sh}",
    "**/{Procfile,procfile}*",
    "**/*{Dockerfile,dockerfile,Containerfile,containerfile}*",
    "**/.env*",
    "**/{Pipfile,crontab,kustomization,Kustomization,DOKKU_SCALE,run,up}",
    "**/cron.d/*",
)
