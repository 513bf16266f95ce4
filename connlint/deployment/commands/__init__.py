"""From words, an environment and the files a process sees to what is started, and how many connections it may hold."""
