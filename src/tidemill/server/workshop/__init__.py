"""The user's code in processes of its own: loaded, described, run; none of it comes to the server but as JSON."""
