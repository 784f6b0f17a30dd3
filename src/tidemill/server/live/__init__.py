"""What is so now: facts as they come, freshness judged again, streams to whoever watches."""
