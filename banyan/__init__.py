"""The front door of Banyan: one command line, one configuration, the all-in-one command."""
