//! A laboratory's profile, its confirmation by staff, and its keys.

use crate::Error;
use crate::home::Home;
use crate::model::{Accreditation, AccreditationRule, Laboratory, LaboratoryKey, LaboratoryState};
use crate::store::laboratories as store;
use crate::store::reports;
use credentials::did::multikey_fragment;
use credentials::{Did, PublicKey, SigningKey};
use ground::limits::{LINE_CHARS_MAX, NOTE_CHARS_MAX};
use ground::{Fault, Timestamp};
use jiff::civil::Date;
use kernel::{Act, Actor, Kernel, Permission, Write};
use zeroize::Zeroizing;

/// A profile as it is handed in; days as `YYYY-MM-DD` or empty.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// Name, as on the certificates.
    pub name: String,
    /// Name in English; may be empty.
    pub name_en: String,
    /// CMA number; may be empty.
    pub cma_number: String,
    /// Its last day.
    pub cma_until: String,
    /// CNAS number; may be empty.
    pub cnas_number: String,
    /// Its last day.
    pub cnas_until: String,
    /// The laboratory's own `did:web` or `did:key`, where it keeps its keys itself; empty: we publish its document.
    pub own_did: String,
    /// The version that was read; 0 for the first time.
    pub version: i64,
}

/// Longest number of an accreditation, characters.
const NUMBER_CHARS_MAX: usize = 60;

/// The laboratory of an organisation, for its own people and for staff.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn get(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Laboratory, Error> {
    actor.require_own(Permission::TraceRead, Permission::OwnReports, id)?;
    store::one(kernel.db().read(), id).await?.ok_or(Error::Missing)
}

/// The actor's own laboratory, if it was entered.
///
/// # Errors
/// `forbidden`.
pub async fn own(kernel: &Kernel, actor: &Actor) -> Result<Option<Laboratory>, Error> {
    actor.require(Permission::OwnReports)?;
    store::one(kernel.db().read(), actor.own_organisation()?).await
}

/// The keys of a laboratory, oldest first, without their secrets.
///
/// # Errors
/// As [`get`].
pub async fn keys(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Vec<LaboratoryKey>, Error> {
    actor.require_own(Permission::TraceRead, Permission::OwnReports, id)?;
    let keys = store::keys_of(kernel.db().read(), id).await?;
    // That there is a seed is shown, the sealed text is not.
    Ok(keys.into_iter().map(|key| LaboratoryKey { sealed: key.sealed.map(|_| String::new()), ..key }).collect())
}

/// Enters or changes the actor's own profile. A changed accreditation or DID is to be confirmed again.
///
/// # Errors
/// `forbidden`, `invalid_input`, `stale`.
pub async fn keep_profile(kernel: &Kernel, actor: &Actor, profile: Profile) -> Result<Laboratory, Error> {
    actor.require(Permission::OwnReports)?;
    let id = actor.own_organisation()?.to_owned();
    let read = read_profile(&profile)?;
    let mut write = kernel.begin(actor).await?;
    let held = store::one(write.tx(), &id).await?;
    if read.own_did && store::by_did(write.tx(), &read.did).await?.is_some_and(|other| other.id != id) {
        return Err(Error::field("own_did", "reports-fault-did-held"));
    }
    let now = write.now();
    let laboratory = match held {
        None => Laboratory { id, created_at: now, updated_at: now, version: 1, ..read },
        Some(held) => {
            if held.version != profile.version {
                return Err(Error::Stale);
            }
            let did = if read.own_did || held.own_did { read.did.clone() } else { held.did.clone() };
            let same = (&held.name, &held.cma, &held.cnas, &held.did) == (&read.name, &read.cma, &read.cnas, &did);
            let state = match held.state {
                LaboratoryState::Confirmed if !same => LaboratoryState::Pending,
                state => state,
            };
            Laboratory {
                id,
                did,
                state,
                reason: held.reason,
                confirmed_at: held.confirmed_at,
                created_at: held.created_at,
                updated_at: now,
                version: held.version + 1,
                ..read
            }
        }
    };
    let kind = if laboratory.version == 1 {
        store::insert(write.tx(), &laboratory).await?;
        Act::new("laboratory.entered", "laboratory", &laboratory.id)
    } else {
        store::update(write.tx(), &laboratory).await?;
        Act::new("laboratory.changed", "laboratory", &laboratory.id)
    };
    write.act(about(kind, &laboratory)).await?;
    write.commit().await?;
    Ok(laboratory)
}

fn about(act: Act, laboratory: &Laboratory) -> Act {
    let number = |accreditation: &Option<Accreditation>| {
        accreditation.as_ref().map(|accreditation| accreditation.number.clone()).unwrap_or_default()
    };
    act.outcome(laboratory.state.name())
        .public("name", laboratory.name.as_str())
        .public("cma", number(&laboratory.cma))
        .public("cnas", number(&laboratory.cnas))
        .public("did", laboratory.did.as_str())
}

fn read_profile(profile: &Profile) -> Result<Laboratory, Error> {
    let mut faults = Vec::new();
    let mut line = |name: &str, text: &str, most: usize, needed: bool| {
        let text = text.trim().to_owned();
        if needed && text.is_empty() {
            faults.push(Fault::field(name, "reports-fault-needed"));
        } else if text.chars().count() > most {
            faults.push(Fault::field(name, "reports-fault-long").arg("most", most));
        } else if text.chars().any(char::is_control) {
            faults.push(Fault::field(name, "reports-fault-control"));
        }
        text
    };
    let name = line("name", &profile.name, LINE_CHARS_MAX, true);
    let name_en = line("name_en", &profile.name_en, LINE_CHARS_MAX, false);
    let cma = line("cma_number", &profile.cma_number, NUMBER_CHARS_MAX, false);
    let cnas = line("cnas_number", &profile.cnas_number, NUMBER_CHARS_MAX, false);
    let did = line("own_did", &profile.own_did, db::table::KEY_CHARS_MAX as usize, false);
    let mut until = |name: &str, text: &str| match text.trim() {
        "" => None,
        text => text.parse::<Date>().map_err(|_| faults.push(Fault::field(name, "reports-fault-day"))).ok(),
    };
    let (cma_until, cnas_until) = (until("cma_until", &profile.cma_until), until("cnas_until", &profile.cnas_until));
    if cma.is_empty() && cnas.is_empty() {
        faults.push(Fault::field("cma_number", "reports-fault-accreditation"));
    }
    if !did.is_empty() && Did::parse(&did).is_err() {
        faults.push(Fault::field("own_did", "reports-fault-did"));
    }
    Error::check(faults)?;
    let accreditation =
        |number: String, valid_until| (!number.is_empty()).then_some(Accreditation { number, valid_until });
    Ok(Laboratory {
        id: String::new(),
        name,
        name_en,
        state: LaboratoryState::Pending,
        reason: String::new(),
        cma: accreditation(cma, cma_until),
        cnas: accreditation(cnas, cnas_until),
        own_did: !did.is_empty(),
        did,
        confirmed_at: None,
        created_at: Timestamp::from_micros(0),
        updated_at: Timestamp::from_micros(0),
        version: 0,
    })
}

/// Confirms, suspends or restores a laboratory.
///
/// # Errors
/// `forbidden`, `not_found`, `stale`, `wrong_state`, `invalid_input` without a reason.
pub async fn decide(
    kernel: &Kernel,
    actor: &Actor,
    id: &str,
    version: i64,
    to: LaboratoryState,
    reason: &str,
) -> Result<Laboratory, Error> {
    actor.require(Permission::TraceManage)?;
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > NOTE_CHARS_MAX {
        return Err(Error::field("reason", "reports-fault-reason"));
    }
    let mut write = kernel.begin(actor).await?;
    let held = store::one(write.tx(), id).await?.ok_or(Error::Missing)?;
    if held.version != version {
        return Err(Error::Stale);
    }
    use LaboratoryState::{Confirmed, Pending, Suspended};
    let act = match (held.state, to) {
        (Pending, Confirmed) => Act::new("laboratory.confirmed", "laboratory", id),
        (Pending | Confirmed, Suspended) => Act::new("laboratory.suspended", "laboratory", id),
        (Suspended, Confirmed) => Act::new("laboratory.restored", "laboratory", id),
        (state, to) => return Err(Error::WrongState { what: to.name(), state: state.name() }),
    };
    if to == Confirmed && !held.accredited_on(kernel.today(), AccreditationRule::in_force(kernel)?) {
        return Err(Error::NotReady("accreditation"));
    }
    let laboratory = Laboratory {
        state: to,
        reason: reason.to_owned(),
        confirmed_at: if to == Confirmed { Some(write.now()) } else { held.confirmed_at },
        updated_at: write.now(),
        version: version + 1,
        ..held
    };
    store::update(write.tx(), &laboratory).await?;
    write.act(about(act, &laboratory).private("reason", reason)).await?;
    write.commit().await?;
    Ok(laboratory)
}

/// Makes a new signing key here; an older one signs no more but stays good for what it signed. The seed is kept sealed.
///
/// # Errors
/// `forbidden`, `not_found`, `wrong_state` where the laboratory keeps its own keys, `invalid_input` beyond the limit.
pub async fn rotate_key(kernel: &Kernel, home: &Home, actor: &Actor) -> Result<LaboratoryKey, Error> {
    let mut seed = Zeroizing::new([0u8; 32]);
    kernel.rng().fill(&mut *seed);
    let key = SigningKey::from_seed(&seed);
    add_key(kernel, home, actor, key.public(), Some(seed)).await
}

/// Registers the public half of a key the laboratory keeps itself; we publish it in the document we serve.
///
/// # Errors
/// As [`rotate_key`], and `invalid_input` for what is no key.
pub async fn register_key(kernel: &Kernel, home: &Home, actor: &Actor, public: &str) -> Result<LaboratoryKey, Error> {
    let public = public.trim();
    let read = match public.starts_with('{') {
        true => credentials::json::read_object(public.as_bytes()).and_then(|jwk| PublicKey::from_jwk(&jwk)),
        false => PublicKey::from_multikey(public),
    };
    let key =
        read.map_err(|error| Error::Invalid(vec![Fault::field("public_key", "reports-fault-key").arg("why", error)]))?;
    add_key(kernel, home, actor, key, None).await
}

async fn add_key(
    kernel: &Kernel,
    home: &Home,
    actor: &Actor,
    public: PublicKey,
    seed: Option<Zeroizing<[u8; 32]>>,
) -> Result<LaboratoryKey, Error> {
    actor.require(Permission::OwnReports)?;
    let id = actor.own_organisation()?.to_owned();
    let mut write = kernel.begin(actor).await?;
    let mut laboratory = store::one(write.tx(), &id).await?.ok_or(Error::Missing)?;
    if laboratory.own_did {
        return Err(Error::WrongState { what: "key", state: "own_did" });
    }
    let held = store::keys_of(write.tx(), &id).await?;
    if held.len() as u64 >= store::KEYS_MAX {
        return Err(Error::Invalid(vec![
            Fault::field("public_key", "reports-fault-keys").arg("most", store::KEYS_MAX),
        ]));
    }
    let multikey = public.to_multikey();
    if held.iter().any(|key| key.public == multikey) {
        return Err(Error::field("public_key", "reports-fault-key-twice"));
    }
    // Under a bare number there is no did:web: each key is its own name then.
    let (did, fragment) = match home.laboratory_did(&id) {
        Some(did) => (did.as_str().to_owned(), format!("key-{}", held.len() + 1)),
        None => (format!("did:key:{multikey}"), multikey.clone()),
    };
    let key_id = write.new_id();
    let sealed = match seed {
        Some(seed) => Some(kernel.sealer()?.seal(kernel.rng(), &purpose(&key_id), &*seed)?),
        None => None,
    };
    if sealed.is_some() {
        for older in held.iter().filter(|key| key.sealed.is_some()) {
            store::retire_key(write.tx(), &older.id).await?;
        }
    }
    let key = LaboratoryKey {
        id: key_id,
        laboratory_id: id.clone(),
        did: did.clone(),
        fragment,
        public: multikey,
        sealed,
        created_at: write.now(),
        revoked_at: None,
    };
    store::insert_key(write.tx(), &key).await?;
    if laboratory.did != did {
        laboratory = Laboratory { did, updated_at: write.now(), version: laboratory.version + 1, ..laboratory };
        store::update(write.tx(), &laboratory).await?;
    }
    let act = Act::new("laboratory_key.added", "laboratory", &id)
        .public("key", format!("{}#{}", key.did, key.fragment))
        .public("public_key", key.public.as_str());
    write.act(act).await?;
    write.commit().await?;
    Ok(LaboratoryKey { sealed: key.sealed.map(|_| String::new()), ..key })
}

/// Withdraws a key that others may know: nothing signed with it counts any more, whatever day it bears, and every report that
/// rests on it is revoked.
///
/// # Errors
/// `forbidden`, `not_found`, `stale`, `invalid_input` without a reason.
pub async fn revoke_key(kernel: &Kernel, actor: &Actor, key_id: &str, reason: &str) -> Result<(), Error> {
    actor.require(Permission::OwnReports)?;
    let id = actor.own_organisation()?.to_owned();
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > NOTE_CHARS_MAX {
        return Err(Error::field("reason", "reports-fault-reason"));
    }
    let mut write = kernel.begin(actor).await?;
    let keys = store::keys_of(write.tx(), &id).await?;
    let key = keys.into_iter().find(|key| key.id == key_id).ok_or(Error::Missing)?;
    store::revoke_key(write.tx(), &key.id, write.now()).await?;
    let method = format!("{}#{}", key.did, key.fragment);
    let methods = [method.clone(), format!("{}#{}", key.did, multikey_fragment(&key.fragment))];
    let revoked = reports::revoke_by_methods(write.tx(), &methods, reason, write.now()).await?;
    let act = Act::new("laboratory_key.revoked", "laboratory", &id)
        .public("key", method)
        .public("reports_revoked", revoked)
        .private("reason", reason);
    write.act(act).await?;
    write.commit().await?;
    Ok(())
}

/// What a sealed seed is bound to.
fn purpose(key_id: &str) -> String {
    format!("laboratory key {key_id}")
}

/// The key a laboratory signs with here, and its DID URL without the form's suffix.
pub(crate) async fn signing_key(
    kernel: &Kernel,
    db: &impl sea_orm::ConnectionTrait,
    laboratory_id: &str,
) -> Result<Option<(SigningKey, LaboratoryKey)>, Error> {
    let keys = store::keys_of(db, laboratory_id).await?;
    let Some(key) = keys.into_iter().rev().find(|key| key.sealed.is_some() && key.revoked_at.is_none()) else {
        return Ok(None);
    };
    let sealed = key.sealed.clone().unwrap_or_default();
    let seed = kernel.sealer()?.open(&purpose(&key.id), &sealed)?;
    let seed: [u8; 32] = seed.as_slice().try_into().map_err(|_| kernel::sealed::Error::DoesNotOpen)?;
    Ok(Some((SigningKey::from_seed(&Zeroizing::new(seed)), key)))
}

/// Inside another decision: the laboratory of the actor, which must be able to sign today.
pub(crate) async fn ready(kernel: &Kernel, write: &Write, id: &str) -> Result<Laboratory, Error> {
    let (today, rule) = (kernel.today(), AccreditationRule::in_force(kernel)?);
    let laboratory = store::one(write.tx(), id).await?.ok_or(Error::NotReady("profile"))?;
    match laboratory.state {
        LaboratoryState::Confirmed if laboratory.accredited_on(today, rule) => Ok(laboratory),
        LaboratoryState::Confirmed => Err(Error::NotReady("accreditation")),
        LaboratoryState::Pending => Err(Error::NotReady("confirmation")),
        LaboratoryState::Suspended => Err(Error::NotReady("suspended")),
    }
}
