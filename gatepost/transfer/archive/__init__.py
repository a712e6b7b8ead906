"""Write a transfer to a directory of compressed COPY files with a manifest, and load it from there."""
