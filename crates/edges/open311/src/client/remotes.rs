//! The other servers that an administrator keeps: what they are called, where they are, our key there.

use std::time::Duration;

use linli_access::{Action, Ctx, Resource};
use linli_cases::{CasesError, Office};
use linli_db::{Conn, Tx};
use linli_identity::keys::NAME_MAX;
use linli_kernel::{DistrictId, PlacePath, Ts, id_type};
use serde_json::json;

use super::mapping::Mapping;
use super::server::{Spec, system};
use super::{Cannot, RemoteError, store};
use linli_wire::Client;

/// How long an answer may take that a job waits for.
const PATIENCE: Duration = Duration::from_secs(30);

id_type! {
    /// Another server.
    pub struct RemoteId;
}

/// Another server as it is kept.
#[derive(Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct Remote {
    /// The district it belongs to.
    pub district_id: DistrictId,
    /// Its id, which stands in the journal.
    pub id: RemoteId,
    /// What the administrator calls it.
    pub name: String,
    /// The address of its endpoint.
    pub url: String,
    /// The `jurisdiction_id`, for servers of several.
    pub jurisdiction: Option<String>,
    /// The key of the place that its requests hang at.
    pub place_key: String,
    /// Which of its services is which of our classes, TOML.
    pub mapping: String,
    /// Our key there, sealed.
    pub key_sealed: Option<Vec<u8>>,
    /// Whether an address inside the own network may be asked.
    pub inside: bool,
    /// Whether it knows the same form sent again by its `Idempotency-Key`.
    pub idempotent: bool,
    /// Whether its requests are pulled.
    pub pulls: bool,
    /// Since when it is kept.
    pub created_at: Ts,
    /// When it was removed.
    pub removed_at: Option<Ts>,
    /// Everything reported there up to this instant was pulled.
    pub pulled_to: Option<Ts>,
    /// The last of its open requests that was asked about.
    pub followed: String,
    /// When it was looked at last.
    pub looked_at: Option<Ts>,
    /// What went wrong then.
    pub problem: Option<String>,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote").field("name", &self.name).field("url", &self.url).finish_non_exhaustive()
    }
}

/// Another server that is to be kept.
#[derive(Clone)]
pub struct NewRemote {
    /// What it is called here, 1 to 60 characters.
    pub name: String,
    /// The address of its endpoint.
    pub url: String,
    /// The `jurisdiction_id`, for servers of several.
    pub jurisdiction: Option<String>,
    /// The key of the place that its requests hang at.
    pub place_key: String,
    /// Which of its services is which of our classes, TOML.
    pub mapping: String,
    /// Our key there; without one nothing is handed over.
    pub key: Option<String>,
    /// Whether an address inside the own network may be asked.
    pub inside: bool,
    /// Whether it knows the same form sent again by its `Idempotency-Key`.
    pub idempotent: bool,
    /// Whether its requests are pulled.
    pub pulls: bool,
}

impl std::fmt::Debug for NewRemote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewRemote").field("name", &self.name).field("url", &self.url).finish_non_exhaustive()
    }
}

impl Remote {
    /// The name under which what it says is kept.
    #[must_use]
    pub fn system(&self) -> String {
        system(&self.url, self.jurisdiction.as_deref())
    }

    /// How it is asked.
    pub(crate) async fn spec(&self, c: &mut Conn<'_>, office: &Office, now: Ts) -> Result<Spec, RemoteError> {
        let found = linli_territory::queries::resolve(c, self.district_id, &self.place_key).await?;
        let place = found.ok_or_else(|| RemoteError::Place(self.place_key.clone()))?.path;
        let rules = office.rules(&place, now).map_err(CasesError::from)?;
        Ok(Spec {
            url: self.url.clone(),
            jurisdiction: self.jurisdiction.clone(),
            mapping: Mapping::read(&self.mapping, rules.classes())?,
            place,
            inside: self.inside,
            ca: None,
            patience: PATIENCE,
        })
    }
}

/// Keeps another server of the district of the transaction. Its key is sealed before it reaches the store.
///
/// # Errors
/// `Denied` for those who may not make accounts; `Target`, `Place`, `Mapping`; `Cannot` for a bad name, a name that is taken, or a key
/// for an address on which it could be read on the way; store errors.
pub async fn add(ctx: &Ctx, tx: &mut Tx, office: &Office, new: NewRemote) -> Result<RemoteId, RemoteError> {
    let district = tx.district();
    ctx.may(Action::Create, Resource::Account, district, &PlacePath::root())?;
    let name = new.name.trim();
    if !(1..=NAME_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Cannot::Name(NAME_MAX).into());
    }
    let remote = Remote {
        district_id: district,
        id: RemoteId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        name: name.to_owned(),
        url: new.url.trim().trim_end_matches('/').to_owned(),
        jurisdiction: new.jurisdiction.filter(|id| !id.trim().is_empty()),
        place_key: new.place_key,
        mapping: new.mapping,
        key_sealed: new.key.as_deref().map(str::trim).filter(|key| !key.is_empty()).map(|key| office.vault().seal(key)),
        inside: new.inside,
        idempotent: new.idempotent,
        pulls: new.pulls,
        created_at: ctx.now(),
        removed_at: None,
        pulled_to: None,
        followed: String::new(),
        looked_at: None,
        problem: None,
    };
    let client: Client = remote.spec(&mut tx.conn()?, office, ctx.now()).await?.client()?;
    if remote.key_sealed.is_some() && client.is_open_text() && !remote.inside {
        return Err(Cannot::OpenKey(remote.url).into());
    }
    if !store::put_remote(&mut tx.conn()?, &remote).await? {
        return Err(Cannot::NameTaken(name.to_owned()).into());
    }
    note(ctx, tx, "open311.remote_added", &remote);
    Ok(remote.id)
}

/// Removes a server at once and forgets its key. The cases that came from it stay.
///
/// # Errors
/// `Denied`; `Cannot` when no server has this name, and while something is on its way there: without the key nobody could send it or find
/// out whether it arrived; store errors.
pub async fn remove(ctx: &Ctx, tx: &mut Tx, name: &str) -> Result<(), RemoteError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Account, district, &PlacePath::root())?;
    let remote = named(&mut tx.conn()?, district, name).await?;
    let pending = store::pending(&mut tx.conn()?, district, remote.id).await?;
    if pending > 0 {
        return Err(Cannot::OnTheirWay { count: pending, name: remote.name }.into());
    }
    store::remove_remote(&mut tx.conn()?, district, remote.id, ctx.now()).await?;
    note(ctx, tx, "open311.remote_removed", &remote);
    Ok(())
}

/// The servers of a district, by name.
///
/// # Errors
/// `Denied`; store errors.
pub async fn list(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<Remote>, RemoteError> {
    ctx.may(Action::Read, Resource::Account, district, &PlacePath::root())?;
    Ok(store::remotes(c, district).await?)
}

/// The open server with a name.
pub(crate) async fn named(c: &mut Conn<'_>, district: DistrictId, name: &str) -> Result<Remote, RemoteError> {
    let found = store::remote_named(c, district, name.trim()).await?;
    found.ok_or_else(|| Cannot::NoServer(name.trim().to_owned()).into())
}

/// The name may be that of a person, so it stands beside the line.
fn note(ctx: &Ctx, tx: &mut Tx, kind: &'static str, remote: &Remote) {
    let facts = json!({ "system": remote.system(), "place": remote.place_key, "key": remote.key_sealed.is_some() });
    let line = ctx.line(kind, &PlacePath::root(), Some(remote.id.0), facts);
    tx.journal(ctx.with_personal(line, json!({ "text": remote.name })));
}
