"""Users can read their own account and change their name."""

from gatepost import owner, protect
from models.accounts import User

protect(
    User,
    owner(User.id, "select"),
    # `email` and `google_id` are how the backend finds an account at sign-in: their owner cannot rewrite them.
    owner(User.id, "update", columns=(User.name, User.updated_at)),
    hide=(User.password_hash, User.passkey_credential_id, User.passkey_public_key),
)
