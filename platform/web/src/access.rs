//! Who may reach a route. The whole table can be listed, so that a test can hold every route to it.

use ground::Problem;
use ground::problem::FORBIDDEN;
use kernel::{Actor, Permission, Role};

/// Who may reach a route. There is no default: a route cannot be declared without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone, signed in or not.
    Public,
    /// Everyone who is signed in or holds a token.
    SignedIn,
    /// Whoever holds any one of these permissions. The public function behind the route checks again, and more exactly.
    Needs(&'static [Permission]),
}

impl Access {
    /// Lets the actor pass, or says why not.
    ///
    /// # Errors
    /// `signed_out` where somebody must sign in first, `forbidden` where they may not.
    pub fn check(self, actor: Option<&Actor>) -> kernel::Result<()> {
        match (self, actor) {
            (Access::Public, _) | (Access::SignedIn, Some(_)) => Ok(()),
            (_, None) => Err(Problem::new(&ground::problem::SIGNED_OUT)),
            (Access::Needs(any), Some(actor)) => {
                if any.iter().any(|permission| actor.may(*permission)) {
                    Ok(())
                } else {
                    let names: Vec<&str> = any.iter().map(|permission| permission.name()).collect();
                    Err(Problem::new(&FORBIDDEN).arg("permission", names.join(" ")))
                }
            }
        }
    }

    /// Whether a signed-in person with only this role passes.
    pub fn admits(self, role: Role) -> bool {
        match self {
            Access::Public | Access::SignedIn => true,
            Access::Needs(any) => any.iter().any(|permission| permission.roles().contains(&role)),
        }
    }
}

/// One row of the route × access table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteRow {
    /// Method, upper case.
    pub method: String,
    /// Path as declared, for example `/v1/merchants/{id}`.
    pub path: String,
    /// Who may reach it.
    pub access: Access,
}
