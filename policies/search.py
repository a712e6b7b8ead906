"""Collections and their documents are shared by everybody who is signed in; the backend writes them."""

from gatepost import allow, authenticated, protect
from models.search import SearchCollection, SearchDocument

protect(SearchCollection, allow("select", to=authenticated))
protect(SearchDocument, allow("select", to=authenticated))
