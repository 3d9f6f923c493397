"""The catalogue's database: models, engine, migrations."""
