//! What every command and query is told: who acts, under what, when, by which way.

use linli_db::journal::Line;
use linli_kernel::{DistrictId, PlacePath, SharedClock, SharedRng, Ts};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::matrix::{Action, Resource, allows};
use crate::{Denied, Role, Scope};

/// By which way something reached Linli.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// A page in a browser.
    Web,
    /// A telephone call, entered by a desk.
    Phone,
    /// Said at a door.
    Doorstep,
    /// On paper.
    Paper,
    /// A sensor, a gate, a meter.
    Device,
    /// Another system.
    Api,
    /// A job or a command of the administrator on the machine itself.
    System,
}

impl Channel {
    /// The word in the journal.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Phone => "phone",
            Self::Doorstep => "doorstep",
            Self::Paper => "paper",
            Self::Device => "device",
            Self::Api => "api",
            Self::System => "system",
        }
    }
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Somebody without an account: a resident at the board, a holder of a private link.
    Visitor,
    /// A resident whose home was claimed (`claim` is the record of the claim).
    Resident {
        /// The claim of the home.
        claim: Uuid,
    },
    /// Staff, under one chosen appointment.
    Staff {
        /// The person.
        person: Uuid,
        /// The appointment acted under.
        appointment: Uuid,
        /// Its role.
        role: Role,
        /// Its scope.
        scope: Scope,
    },
    /// Somebody signed in who holds no appointment now: may only sign out or choose one.
    Unappointed {
        /// The person.
        person: Uuid,
    },
    /// A program of an institution (机构信息系统), by the key it was given. No table grants it anything: a room that lets it in says so itself,
    /// and for what is the institution's own alone.
    Program {
        /// The key.
        key: Uuid,
        /// The district of the key.
        district: DistrictId,
        /// The institution.
        organisation: Uuid,
    },
    /// The program itself, in a named job or a command on the machine.
    System(&'static str),
}

/// The context of a request, a job or a command.
#[derive(Clone)]
pub struct Ctx {
    /// Who acts.
    pub actor: Actor,
    /// By which way.
    pub channel: Channel,
    /// The time.
    pub clock: SharedClock,
    /// Randomness.
    pub rng: SharedRng,
    /// The request, for the journal and the log.
    pub request_id: String,
    /// The key a client sent so that a repetition happens once.
    pub idempotency_key: Option<String>,
}

impl std::fmt::Debug for Ctx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ctx")
            .field("actor", &self.actor)
            .field("channel", &self.channel)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl Ctx {
    /// A context of the program itself.
    #[must_use]
    pub fn system(job: &'static str, clock: SharedClock, rng: SharedRng) -> Self {
        Self {
            actor: Actor::System(job),
            channel: Channel::System,
            clock,
            rng,
            request_id: format!("system:{job}"),
            idempotency_key: None,
        }
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Ts {
        self.clock.now()
    }

    /// May the actor do this to a resource at this place? The program itself may.
    ///
    /// # Errors
    /// `Unauthenticated` for visitors, `Forbidden` when role or place do not fit.
    pub fn may(&self, action: Action, resource: Resource, district: DistrictId, place: &PlacePath) -> Result<(), Denied> {
        match &self.actor {
            Actor::System(_) => Ok(()),
            Actor::Staff { role, scope, .. } if allows(*role, action, resource) && reaches(scope, district, place) => Ok(()),
            Actor::Staff { .. } | Actor::Unappointed { .. } | Actor::Program { .. } => Err(Denied::Forbidden),
            Actor::Visitor | Actor::Resident { .. } => Err(Denied::Unauthenticated),
        }
    }

    /// Where the actor may do this: the scope that a list puts into its SQL.
    ///
    /// # Errors
    /// As [`Ctx::may`]. The program itself has no scope; jobs name their district.
    pub fn scope(&self, action: Action, resource: Resource) -> Result<Scope, Denied> {
        match &self.actor {
            Actor::Staff { role, scope, .. } if allows(*role, action, resource) => Ok(scope.clone()),
            Actor::Staff { .. } | Actor::Unappointed { .. } | Actor::Program { .. } | Actor::System(_) => Err(Denied::Forbidden),
            Actor::Visitor | Actor::Resident { .. } => Err(Denied::Unauthenticated),
        }
    }

    /// The person acting, if it is staff.
    #[must_use]
    pub const fn person(&self) -> Option<Uuid> {
        match &self.actor {
            Actor::Staff { person, .. } | Actor::Unappointed { person } => Some(*person),
            _ => None,
        }
    }

    /// The appointment acted under, if any.
    #[must_use]
    pub const fn appointment(&self) -> Option<Uuid> {
        match &self.actor {
            Actor::Staff { appointment, .. } => Some(*appointment),
            _ => None,
        }
    }

    /// The actor as the journal writes it: ids, never names.
    #[must_use]
    pub fn actor_text(&self) -> String {
        match &self.actor {
            Actor::Visitor => "visitor".to_owned(),
            Actor::Resident { claim } => format!("resident:{claim}"),
            Actor::Staff { appointment, .. } => format!("appointment:{appointment}"),
            Actor::Unappointed { person } => format!("person:{person}"),
            Actor::Program { key, .. } => format!("program:{key}"),
            Actor::System(job) => format!("system:{job}"),
        }
    }

    /// A journal line by this actor, now, here. Personal detail goes into [`Ctx::with_personal`].
    #[must_use]
    pub fn line(&self, kind: &'static str, place: &PlacePath, subject: Option<Uuid>, facts: Value) -> Line {
        Line {
            at: self.now(),
            actor: self.actor_text(),
            on_behalf_of: None,
            channel: self.channel.as_str(),
            place: place.at_level(linli_kernel::PlaceLevel::Entrance),
            kind,
            subject,
            facts,
            personal: None,
            request_id: self.request_id.clone(),
        }
    }

    /// Adds personal detail to a line: it is stored beside the line, salted, and can be erased without breaking the journal.
    #[must_use]
    pub fn with_personal(&self, mut line: Line, personal: Value) -> Line {
        let mut salt = [0_u8; 16];
        self.rng.fill(&mut salt);
        line.personal = Some((salt, personal));
        line
    }

    /// The hash that tells a repeated request from another one under the same idempotency key.
    #[must_use]
    pub fn request_hash(what: &str, input: &impl serde::Serialize) -> Vec<u8> {
        let body = serde_json::to_vec(input).unwrap_or_default();
        Sha256::new().chain_update(what.as_bytes()).chain_update([0]).chain_update(&body).finalize().to_vec()
    }
}

/// The city's administrator (district 0, the root) reaches everywhere; everybody else stays in the district.
fn reaches(scope: &Scope, district: DistrictId, place: &PlacePath) -> bool {
    scope.contains(district, place) || (scope.district == DistrictId::CITY && scope.place.contains(place))
}
