//! Who calls: the extractor that resolves the session, judges the route's access and builds the context of commands.

use std::pin::Pin;

use axum::extract::FromRequestParts;
use http::request::Parts;
use linli_access::{Action, Actor, Channel, Ctx, Denied, Resource, matrix};
use linli_webkit::session::session_token;
use linli_webkit::{Access, AppError, NavLink, RequestInfo, RouteSpec, Shell, Who, codes};

use crate::{Hall, Signed, denied};

/// Where a resident claims a home: what is theirs alone begins there, not at the sign-in of staff.
const CLAIM: &str = "/claim";
/// Where somebody with several posts says under which one they act.
const CHOOSE: &str = "/choose-role";

/// Somebody at a route, let in: the request, and the context their commands run in.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The request.
    pub info: RequestInfo,
    /// The context for commands and queries.
    pub ctx: Ctx,
    /// The session, when there is one.
    pub signed: Option<Signed>,
    nav: Vec<NavLink>,
}

impl Caller {
    /// The shell of a page for this caller, with head and navigation when signed in.
    #[must_use]
    pub fn shell(&self, title: impl Into<String>) -> Shell {
        let shell = Shell::new(&self.info, title);
        match (&self.signed, &self.ctx.actor) {
            (Some(signed), Actor::Staff { role, .. }) => {
                shell.signed(self.who(signed, &format!("role-{role}")), self.nav.clone())
            }
            (Some(signed), Actor::Unappointed { .. }) => shell.signed(self.who(signed, "role-none"), Vec::new()),
            _ => shell,
        }
    }

    /// Whether the navigation of this caller has a way there: the room is in the house, and its door open to them.
    #[must_use]
    pub fn leads_to(&self, href: &str) -> bool {
        self.nav.iter().any(|link| link.href == href)
    }

    fn who(&self, signed: &Signed, role_key: &str) -> Who {
        Who {
            name: signed.name.clone(),
            role: self.info.t().s(role_key).to_string(),
            place: signed.place.clone(),
            href: CHOOSE.to_owned(),
            sign_out: "/logout".to_owned(),
            key: key_of(&signed.actor),
        }
    }
}

/// Under what somebody's forms wait on a device: the appointment, and without one the person.
fn key_of(actor: &Actor) -> String {
    match actor {
        Actor::Staff { appointment, .. } => appointment.to_string(),
        Actor::Unappointed { person } => person.to_string(),
        Actor::Visitor | Actor::Resident { .. } | Actor::Program { .. } | Actor::System(_) => String::new(),
    }
}

impl FromRequestParts<Hall> for Caller {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, hall: &Hall) -> Result<Self, AppError> {
        Self::boxed(parts, hall).await
    }
}

impl Caller {
    /// On the heap, and made here alone: hundreds of handlers would each hold a copy of the whole way in.
    fn boxed<'r>(parts: &'r mut Parts, hall: &'r Hall) -> Pin<Box<dyn Future<Output = Result<Self, AppError>> + Send + 'r>> {
        Box::pin(Self::of(parts, hall))
    }

    async fn of(parts: &mut Parts, hall: &Hall) -> Result<Self, AppError> {
        let info = RequestInfo::from_request_parts(parts, hall).await?;
        let spec = parts.extensions.get::<RouteSpec>().cloned();
        let spec = spec.ok_or_else(|| AppError::internal("a route without a declared access"))?;
        let signed = match session_token(&parts.headers, &info) {
            Some(token) => hall.0.door.resolve(token).await?,
            None => None,
        };
        let actor = signed.as_ref().map_or(Actor::Visitor, |s| s.actor.clone());
        judge(spec.access, &actor)?;
        judge_key(&info, &actor)?;
        judge_owner(&info, signed.as_ref())?;
        let nav = match &actor {
            Actor::Staff { .. } => nav_for(hall, &info, &actor),
            _ => Vec::new(),
        };
        let ctx = Ctx {
            actor,
            channel: if info.path().starts_with("/api/") { Channel::Api } else { Channel::Web },
            clock: hall.clock(),
            rng: hall.rng(),
            request_id: info.request_id().to_owned(),
            idempotency_key: info.idempotency_key().map(str::to_owned),
        };
        Ok(Self { info, ctx, signed, nav })
    }
}

fn nav_for(hall: &Hall, info: &RequestInfo, actor: &Actor) -> Vec<NavLink> {
    let open = hall.0.nav.iter().filter(|entry| judge(entry.access, actor).is_ok() && is_near(entry.access, actor));
    open.map(|e| NavLink { href: e.href.to_owned(), text: info.t().s(e.text_key).to_string(), icon: e.icon }).collect()
}

/// Whether there can be anything for the actor behind this: what is looked after near by is not led to from above.
fn is_near(access: Access, actor: &Actor) -> bool {
    match (access, actor) {
        (Access::Staff { action, resource }, Actor::Staff { scope, .. }) => {
            parse_access(action, resource).is_ok_and(|(_, resource)| resource.is_near(&scope.place))
        }
        _ => true,
    }
}

/// A form that waited on a device is taken from nobody but who filled it in: whoever is signed in there by now must not act in another's
/// name, nor have another's words under his own. It goes on waiting.
fn judge_owner(info: &RequestInfo, signed: Option<&Signed>) -> Result<(), AppError> {
    let Some(owner) = info.owner() else { return Ok(()) };
    if signed.is_some_and(|signed| key_of(&signed.actor) == owner) { Ok(()) } else { Err(AppError::new(codes::OTHER_OWNER)) }
}

/// A key by which a repetition is told must be the sender's own; everybody without an account is one actor.
fn judge_key(info: &RequestInfo, actor: &Actor) -> Result<(), AppError> {
    if matches!(actor, Actor::Visitor) && !info.key_is_long() { Err(AppError::new(codes::IDEMPOTENCY_SHORT)) } else { Ok(()) }
}

/// May this actor come through a route with this access at all? (The place of the record is judged by the command.)
fn judge(access: Access, actor: &Actor) -> Result<(), AppError> {
    let unauthenticated = matches!(actor, Actor::Visitor);
    match access {
        // A machine's key is checked by the handler, as a private link is.
        Access::Public | Access::Link | Access::Machine => Ok(()),
        Access::Resident if unauthenticated => Err(AppError::new(codes::NO_HOME).entered_at(CLAIM)),
        _ if unauthenticated => Err(denied(Denied::Unauthenticated)),
        Access::Signed => Ok(()),
        Access::Resident => {
            if matches!(actor, Actor::Resident { .. }) {
                Ok(())
            } else {
                Err(denied(Denied::Forbidden))
            }
        }
        Access::Staff { action, resource } => {
            let (action, resource) = parse_access(action, resource)?;
            match actor {
                Actor::Staff { role, .. } if matrix::allows(*role, action, resource) => Ok(()),
                Actor::System(_) => Ok(()),
                Actor::Unappointed { .. } => Err(denied(Denied::Forbidden).entered_at(CHOOSE)),
                _ => Err(denied(Denied::Forbidden)),
            }
        }
    }
}

/// The action and resource a route names.
///
/// # Errors
/// `web.internal` for a name that the table does not have; the coverage test finds such routes.
pub fn parse_access(action: &str, resource: &str) -> Result<(Action, Resource), AppError> {
    let found =
        Action::ALL.into_iter().find(|a| a.as_str() == action).zip(Resource::ALL.into_iter().find(|r| r.as_str() == resource));
    found.ok_or_else(|| AppError::internal(format!("no permission {action} {resource}")))
}

#[cfg(test)]
mod tests {
    use linli_access::{Role, Scope};
    use linli_kernel::DistrictId;
    use uuid::Uuid;

    use super::*;

    /// A family doctor of a subdistrict follows nobody at home: there is nothing behind the door, so nothing leads to it.
    #[test]
    fn nobody_is_led_to_what_is_looked_after_near_by() {
        let doctor = |place: &str| {
            let scope = Scope { district: DistrictId(1), place: place.parse().unwrap() };
            Actor::Staff { person: Uuid::nil(), appointment: Uuid::nil(), role: Role::FamilyDoctor, scope }
        };
        let (calls, referrals) = (Access::staff("read", "follow_up"), Access::staff("read", "referral"));
        assert!(is_near(calls, &doctor("0000000100010001")) && !is_near(calls, &doctor("000000010001")));
        assert!(is_near(referrals, &doctor("000000010001")));
    }
}
