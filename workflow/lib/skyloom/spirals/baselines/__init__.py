"""What a network is compared with."""
