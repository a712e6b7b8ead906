"""Who reaches which rows: understood from the catalog, and seen by trying."""
