"""What breaks, on purpose: kill -9, cut sockets, a database that goes away; and who counts."""
