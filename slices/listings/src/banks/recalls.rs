//! Public recall notices.
