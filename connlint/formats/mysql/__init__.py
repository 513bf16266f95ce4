"""my.cnf, as MySQL and MariaDB read it; start at `reader`."""
