//! Where a room needs something of another that is no room of its own kind, the binary joins the two.

use linli_access::{Ctx, Scope};
use linli_care::{CareError, DevicesHeard, Silent};
use linli_cases::{AlsoToday, CasesError, ContactVault, Waiting, Waits};
use linli_db::{Conn, DbError};
use linli_identity::IdentityError;
use linli_identity::pages::{AtHome, Leading};
use linli_identity::vault::Vault;
use linli_kernel::{DistrictId, PlacePath};
use linli_people::PeopleError;
use linli_territory::hanging::{Counting, Hanging, HangsOn};

/// The vault of identity seals the contacts of cases.
#[derive(Debug, Clone)]
pub struct Contacts(pub Vault);

impl ContactVault for Contacts {
    fn seal(&self, plain: &str) -> Vec<u8> {
        self.0.seal(plain)
    }

    fn open(&self, sealed: &[u8]) -> Option<String> {
        self.0.open(sealed)
    }

    fn seal_for(&self, record: &[u8], plain: &str) -> Vec<u8> {
        self.0.seal_for(record, plain)
    }

    fn open_for(&self, record: &[u8], sealed: &[u8]) -> Option<String> {
        self.0.open_for(record, sealed)
    }

    fn lookup_hash(&self, plain: &str) -> Vec<u8> {
        self.0.lookup_hash(plain)
    }
}

/// Whoever has claimed a home is led to its votes and its lift, and, where somebody is registered for care there, to what is kept.
#[derive(Debug, Clone, Copy)]
pub struct CareAtHome;

impl AtHome for CareAtHome {
    fn leads<'a>(&'a self, c: &'a mut Conn<'_>, district: DistrictId, home: &'a PlacePath) -> Leading<'a> {
        Box::pin(async move {
            let registered = linli_care::queries::alone_at(c, district, home).await?;
            let votes = linli_ballot::queries::votes_at(c, district, home).await?;
            let lift = linli_retrofit::queries::asked_at(c, district, home).await.map_err(|error| match error {
                linli_retrofit::RetrofitError::Db(error) => error,
                _ => DbError::Unavailable(None),
            })?;
            let leads = [
                (votes, ("ballot-at-home", "/my-home/votes")),
                (lift, ("lift-at-home", "/my-home/lift")),
                (registered.is_some(), ("care-at-home", "/my-home/care")),
            ];
            Ok(leads.into_iter().filter(|(there, _)| *there).map(|(_, lead)| lead).collect())
        })
    }
}

/// The figures of the watch say how many of the devices it hears are silent.
#[derive(Debug, Clone, Copy)]
pub struct DevicesAround;

impl DevicesHeard for DevicesAround {
    fn silent<'a, 'c: 'a>(&'a self, c: &'a mut Conn<'c>, scope: &'a Scope) -> Silent<'a> {
        Box::pin(linli_devices::queries::silent(c, scope))
    }
}

/// Visits stand at the top of the day of whoever has to make them.
#[derive(Debug, Clone, Copy)]
pub struct VisitsToday;

impl AlsoToday for VisitsToday {
    fn waits<'a, 'c: 'a>(&'a self, ctx: &'a Ctx, c: &'a mut Conn<'c>) -> Waiting<'a> {
        Box::pin(async move {
            match linli_care::queries::mine_in_short(ctx, c).await {
                Ok(Some((count, until))) => Ok(Some(Waits { key: "care-day-visits", count, href: "/care/mine", until })),
                // Who makes no visits has none waiting.
                Ok(None) | Err(CareError::Denied(_)) => Ok(None),
                Err(CareError::Db(error)) => Err(error),
                Err(error) => {
                    tracing::error!(%error, "visits of the day");
                    Ok(None)
                }
            }
        })
    }
}

/// What the rooms keep at places: posts, claims, open cases.
#[derive(Debug, Clone, Copy)]
pub struct Kept;

impl HangsOn for Kept {
    fn under<'a, 'c: 'a>(
        &'a self,
        ctx: &'a Ctx,
        c: &'a mut Conn<'c>,
        district: DistrictId,
        place: &'a PlacePath,
    ) -> Counting<'a> {
        Box::pin(async move {
            let scope = Scope { district, place: place.clone() };
            let posts = linli_people::queries::posts_under(c, &scope, ctx.now()).await.map_err(of_people)?;
            let claims = linli_identity::queries::claims_under(c, &scope).await.map_err(of_identity)?;
            let open = match linli_cases::queries::figures(ctx, c, district, place, ctx.now()).await {
                Ok(figures) => figures.open,
                Err(CasesError::Db(error)) => return Err(error),
                // Who may not read the figures of cases is not told them here either.
                Err(_) => 0,
            };
            let kinds = [("hangs-posts", posts), ("hangs-cases", open), ("hangs-claims", claims)];
            Ok(kinds.into_iter().filter(|(_, n)| *n > 0).map(|(text_key, count)| Hanging { text_key, count }).collect())
        })
    }
}

fn of_people(error: PeopleError) -> DbError {
    match error {
        PeopleError::Db(error) => error,
        other => DbError::GroupFailed(other.to_string()),
    }
}

fn of_identity(error: IdentityError) -> DbError {
    match error {
        IdentityError::Db(error) => error,
        other => DbError::GroupFailed(other.to_string()),
    }
}
