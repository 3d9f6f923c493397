"""The Python peer: always-on seeder, headless viewer."""
