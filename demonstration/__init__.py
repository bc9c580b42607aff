"""What ``mohr demo`` shows: directory entries for a request, and a whole invented province.

Production imports nothing of it; only the command ``mohr demo`` does, when it is called.
"""
