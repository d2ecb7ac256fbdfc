//! The keys of programs of others (外部系统的密钥). A key belongs to one district and opens one door, is shown once and is kept as a hash;
//! making and closing one are lines of the journal. What a program sent and was refused is counted, without saying of whom it was.

use base64::Engine as _;
use linli_access::{Action, Ctx, Denied, Resource};
use linli_db::{Conn, DbError, Tx};
use linli_kernel::{DistrictId, PlacePath, Rng, Ts, id_type, words};
use linli_people::PeopleError;
use linli_people::model::OrganisationId;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::store::keys as store;

/// Longest name of a key, in characters.
pub const NAME_MAX: usize = 60;

id_type! {
    /// A key of a program.
    pub struct KeyId;
}

words! {
    /// Which door a key opens.
    pub enum Opens {
        /// Open311 GeoReport v2: reports.
        Open311 = "open311",
        /// HL7 FHIR: what is an institution's own.
        Fhir = "fhir",
    }
}

impl Opens {
    /// What a key begins with, so that whoever finds one knows what it is.
    const fn prefix(self) -> &'static str {
        match self {
            Self::Open311 => "o311_",
            Self::Fhir => "fhir_",
        }
    }

    /// Whether a key is bound to the institution whose program it is.
    const fn is_of_an_institution(self) -> bool {
        matches!(self, Self::Fhir)
    }
}

/// A key to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewKey<'a> {
    /// What the administrator calls it.
    pub name: &'a str,
    /// Which door it opens.
    pub opens: Opens,
    /// The institution whose program it is.
    pub organisation: Option<OrganisationId>,
}

/// What an open key lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The district.
    pub district: DistrictId,
    /// The key.
    pub key: KeyId,
    /// The institution whose program it is.
    pub organisation: Option<OrganisationId>,
}

/// What was refused of a program, and how often.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct Refused {
    /// Why, a stable word.
    pub why: String,
    /// How often.
    pub n: i64,
    /// When last.
    pub last_at: Ts,
}

/// A key in the open. It is never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

impl ApiKey {
    /// 256 random bits.
    fn random(opens: Opens, rng: &dyn Rng) -> Self {
        let mut bytes = [0_u8; 32];
        rng.fill(&mut bytes);
        Self(format!("{}{}", opens.prefix(), base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The text that is handed to its holder.
    #[must_use]
    pub fn secret_text(&self) -> &str {
        &self.0
    }
}

fn hash(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes()).to_vec()
}

/// A key as it is known: never the key itself.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct KnownKey {
    /// Its id, which stands in the journal.
    pub id: KeyId,
    /// What the administrator calls it.
    pub name: String,
    /// The institution whose program it is.
    pub organisation_id: Option<OrganisationId>,
    /// When it was made.
    pub created_at: Ts,
    /// When it was closed.
    pub revoked_at: Option<Ts>,
}

/// Why a key is not made or closed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The actor may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The name is empty, too long or holds control characters.
    #[error("a name has 1 to {NAME_MAX} characters and no control characters")]
    BadName,
    /// An open key has this name.
    #[error("an open key of this district has this name; choose another or revoke it first")]
    NameTaken,
    /// No open key has this name.
    #[error("no open key of this district has this name")]
    Unknown,
    /// A key to health data names no institution of the district, or one to something else names one.
    #[error("this key has to be bound to an institution of the district")]
    Institution,
    /// Organisations.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Makes a key for the district of the transaction.
///
/// # Errors
/// `Denied` for those who may not make accounts; `BadName`; `NameTaken`; `Institution`; store errors.
pub async fn add(ctx: &Ctx, tx: &mut Tx, new: NewKey<'_>) -> Result<ApiKey, KeyError> {
    let district = tx.district();
    ctx.may(Action::Create, Resource::Account, district, &PlacePath::root())?;
    let new = NewKey { name: new.name.trim(), ..new };
    if !(1..=NAME_MAX).contains(&new.name.chars().count()) || new.name.chars().any(char::is_control) {
        return Err(KeyError::BadName);
    }
    let c = &mut tx.conn()?;
    let known = match new.organisation {
        Some(id) => linli_people::queries::organisation(c, district, id).await?.is_some(),
        None => false,
    };
    if known != new.opens.is_of_an_institution() || known != new.organisation.is_some() {
        return Err(KeyError::Institution);
    }
    let key = ApiKey::random(new.opens, ctx.rng.as_ref());
    let id = KeyId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    if !store::put(c, district, (id, &new, &hash(&key.0)), ctx.now()).await? {
        return Err(KeyError::NameTaken);
    }
    note(ctx, tx, "identity.key_made", id, new.name);
    Ok(key)
}

/// Closes the key with this name at once.
///
/// # Errors
/// `Denied`; `Unknown`; store errors.
pub async fn revoke(ctx: &Ctx, tx: &mut Tx, name: &str) -> Result<(), KeyError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Account, district, &PlacePath::root())?;
    let id = store::named(&mut tx.conn()?, district, name.trim()).await?.ok_or(KeyError::Unknown)?;
    if !store::revoke(&mut tx.conn()?, district, id, ctx.now()).await? {
        return Err(KeyError::Unknown);
    }
    note(ctx, tx, "identity.key_revoked", id, name.trim());
    Ok(())
}

/// The name may be that of a person, so it stands beside the line.
fn note(ctx: &Ctx, tx: &mut Tx, kind: &'static str, id: KeyId, name: &str) {
    let line = ctx.line(kind, &PlacePath::root(), Some(id.0), json!({}));
    tx.journal(ctx.with_personal(line, json!({ "text": name })));
}

/// The keys of a district to one door, open and closed.
///
/// # Errors
/// `Denied`; store errors.
pub async fn list(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId, opens: Opens) -> Result<Vec<KnownKey>, KeyError> {
    ctx.may(Action::Read, Resource::Account, district, &PlacePath::root())?;
    Ok(store::all(c, district, opens.as_str()).await?)
}

/// What was refused of a key.
///
/// # Errors
/// `Denied`; store errors.
pub async fn refused(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId, key: KeyId) -> Result<Vec<Refused>, KeyError> {
    ctx.may(Action::Read, Resource::Account, district, &PlacePath::root())?;
    Ok(store::refused(c, district, key).await?)
}

/// Counts that so many things that a program sent were refused, and why: bookkeeping of the program itself, without a line.
///
/// # Errors
/// Store errors.
pub async fn count(tx: &mut Tx, key: KeyId, (why, n): (&str, i64), at: Ts) -> Result<(), DbError> {
    let district = tx.district();
    store::count(&mut tx.conn()?, district, key, (why, n), at).await
}

/// What a sent key lets in at a door.
///
/// # Errors
/// Store errors.
pub async fn opened_by(c: &mut Conn<'_>, door: Opens, sent: &str) -> Result<Option<Opened>, DbError> {
    let found = store::of_hash(c, &hash(sent)).await?.filter(|(_, _, opens, _)| opens == door.as_str());
    Ok(found.map(|(district, key, _, organisation)| Opened { district, key, organisation }))
}

/// What a key lets in as long as it is open: for what is done later in the name of the program that asked for it.
///
/// # Errors
/// Store errors.
pub async fn still_open(c: &mut Conn<'_>, district: DistrictId, key: KeyId, door: Opens) -> Result<Option<Opened>, DbError> {
    let found = store::open(c, district, key, door.as_str()).await?;
    Ok(found.map(|organisation| Opened { district, key, organisation }))
}
