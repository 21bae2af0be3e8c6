"""What a reading costs on this machine; `make bench`."""
