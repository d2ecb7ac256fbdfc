//! What is said about the people who work in a house is kept from them, whatever place they answer for (对管家、物业人员的意见不让被反映人看到).
//!
//! That such a case hangs at the community keeps it from those whose appointment lies below. It does not keep it from a duty desk that
//! serves a whole district, nor from a manager who holds a seat at the community beside his own post: these are told apart by role.

use linli_access::{Actor, Ctx, Role};

use crate::model::Case;

/// Classes that speak about people, and the roles of those they may speak about.
const ABOUT: [(&str, &[Role]); 2] = [
    ("conduct", &[Role::LifeSteward, Role::RedSteward, Role::PropertyManager, Role::PropertyDesk, Role::Guard]),
    // 物业服务意见 is for the manager to answer, not for whom it names.
    ("service", &[Role::LifeSteward, Role::Guard]),
];

/// Whether cases of this class are kept from this role.
pub(crate) fn kept_from_role(class: &str, role: Role) -> bool {
    ABOUT.iter().any(|(about, roles)| *about == class && roles.contains(&role))
}

/// Whether cases of this class are kept from organisations of a kind: what speaks about people goes to offices, not to those who are paid
/// by the ones it may be about.
pub(crate) fn kept_from_kind(class: &str, kind: &str) -> bool {
    ABOUT.iter().any(|(about, _)| *about == class) && !["department", "street_office"].contains(&kind)
}

/// Whether this case is kept from the actor.
pub(crate) fn kept_from(ctx: &Ctx, case: &Case) -> bool {
    matches!(&ctx.actor, Actor::Staff { role, .. } if kept_from_role(&case.class, *role))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{PACKS, Rules};
    use linli_kernel::{PlacePath, Ts};
    use linli_rulebook::Rulebook;

    /// The data lift a class out of reach of those it is about; whatever they lift must be kept from them here as well, and nobody
    /// may own what is kept from him.
    #[test]
    fn what_is_heard_higher_up_is_kept_from_those_it_is_about() {
        let book = Rulebook::builtin(&PACKS).unwrap();
        let rules = Rules::at(&book, &PlacePath::root(), Ts(1_800_000_000_000_000)).unwrap();
        let lifted: Vec<_> = rules.classes().all().filter(|class| class.heard_at.is_some()).collect();
        assert!(!lifted.is_empty());
        for class in lifted {
            assert!(kept_from_role(&class.code, Role::PropertyDesk), "{}", class.code);
            assert!(class.owners.iter().all(|role| !kept_from_role(&class.code, *role)), "{}", class.code);
        }
    }
}
