//! The navigation of the shells.

use kernel::{Actor, Kernel};
use ui::NavEntry;

/// Gives the entries of the navigation, with their counts of open work.
#[async_trait::async_trait]
pub trait Nav: Send + Sync {
    /// The entries for this reader. The shell filters by area and role.
    async fn entries(&self, kernel: &Kernel, actor: Option<&Actor>) -> Vec<NavEntry>;
}

/// Entries without counts.
#[derive(Debug, Clone, Default)]
pub struct FixedNav(pub Vec<NavEntry>);

#[async_trait::async_trait]
impl Nav for FixedNav {
    async fn entries(&self, _kernel: &Kernel, _actor: Option<&Actor>) -> Vec<NavEntry> {
        self.0.clone()
    }
}
