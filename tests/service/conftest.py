from tests.database.server import spare_server

__all__ = ["spare_server"]
