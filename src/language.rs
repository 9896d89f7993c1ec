//! English and Korean texts by key.
