"""What Pier One's requests cost when there is more of everything: `python -m benchmarks --scaling`."""
