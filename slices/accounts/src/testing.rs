//! Signing in without a password, for tests of the whole product.

use crate::error::Error;
use crate::links::person_for;
use crate::model::Origin;
use crate::sign_in::{Method, SignIn, begin};
use kernel::{Kernel, Role};

/// Somebody with a role, entered when missing (people of organisations with an organisation of their own), and a session of
/// theirs. Returns the `Cookie` header of that session.
///
/// # Errors
/// What the store says.
pub async fn signed_in(kernel: &Kernel, role: Role, login: &str) -> Result<String, Error> {
    let user = person_for(kernel, role, login, None).await?;
    match begin(kernel, &user, Method::Link, true, &Origin::new("192.0.2.1", "test")).await? {
        SignIn::Done { token, .. } => Ok(format!("{}={token}", web::cookies::SESSION)),
        SignIn::SecondFactor { .. } => Err(Error::SecondFactorRefused),
    }
}
