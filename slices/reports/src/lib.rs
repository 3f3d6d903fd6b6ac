//! Signed test reports of laboratories.
