//! The rule packs of this room, and the decisions made by them.

pub mod consent;
pub mod footprint;
pub mod light;
pub mod shares;
mod works;

pub use consent::Consent;
pub use light::LightRules;
pub use works::{LIFTS, Lifts, RENOVATION, Renovation, StepRule};

/// The packs that ship with this room: file name and text.
pub const PACKS: [(&str, &str); 4] = [
    ("retrofit/consent.toml", include_str!("../../rules/consent.toml")),
    ("retrofit/lifts.toml", include_str!("../../rules/lifts.toml")),
    ("retrofit/light.toml", include_str!("../../rules/light.toml")),
    ("retrofit/renovation.toml", include_str!("../../rules/renovation.toml")),
];

#[cfg(test)]
mod tests {
    use linli_rulebook::Rulebook;

    use super::*;
    use crate::model::{ObjectionEvent, ObjectionState};

    /// A shipped pack changed at one spot, and what is said against it.
    fn refused(pack: usize, from: &str, to: &str) -> String {
        let text = PACKS[pack].1.replacen(from, to, 1);
        assert_ne!(text, PACKS[pack].1, "the change changes something");
        let book = Rulebook::builtin(&[]).unwrap().load_dir(vec![("x.toml".to_owned(), text)]);
        let check = |book: Rulebook| {
            match pack {
                0 => book.check::<Consent>(consent::ID),
                1 => book.check::<Lifts>(works::LIFTS),
                2 => book.check::<LightRules>(light::ID),
                _ => book.check::<Renovation>(works::RENOVATION),
            }
            .map(|_| ())
        };
        book.and_then(check).unwrap_err().to_string()
    }

    #[test]
    fn a_pack_that_cannot_be_is_refused() {
        assert!(refused(0, "in_force = \"civil_code\"", "in_force = \"nowhere\"").contains("in force"));
        assert!(refused(0, "{ num = 3, den = 4 }", "{ num = 5, den = 4 }").contains("share"));
        assert!(refused(0, "{ num = 2, den = 3 }", "{ num = 2, den = 0 }").contains("share"));
        assert!(refused(0, "notice_days = 10", "notice_days = 0").contains("posted"));
        assert!(refused(1, "after = [\"plan\"]", "after = [\"rescue\"]").contains("after"));
        assert!(refused(1, "event = \"mediate\"\nto = \"mediating\"", "event = \"talk\"\nto = \"mediating\"").contains("twice"));
        assert!(refused(1, "step = 300", "step = -1").contains("coefficients"));
        assert!(refused(1, "floors = [0, 500, 1000, 1300]", "floors = []").contains("coefficients"));
        assert!(refused(2, "step_s = 60", "step_s = 61").contains("minute"));
        assert!(refused(2, "close_min = 960", "close_min = 480").contains("hours"));
        assert!(refused(3, "consent_permille = 667", "consent_permille = 1001").contains("share"));
    }

    #[test]
    fn an_objection_comes_to_an_end_from_everywhere() {
        let book = Rulebook::builtin(&PACKS).unwrap();
        let at = linli_kernel::Ts::from_local(jiff::civil::date(2026, 11, 24).at(9, 0, 0, 0)).unwrap();
        let rule = book.get::<Lifts>(works::LIFTS, &linli_kernel::PlacePath::root(), at).unwrap();
        for state in ObjectionState::ALL.iter().filter(|state| !state.over()) {
            let ends = ObjectionEvent::ALL.iter().filter_map(|event| rule.value.objection(*state, *event));
            assert!(ends.count() > 0, "{state}");
        }
        for state in ObjectionState::ALL.iter().filter(|state| state.over()) {
            assert!(ObjectionEvent::ALL.iter().all(|event| rule.value.objection(*state, *event).is_none()), "{state}");
        }
        assert_eq!(rule.value.coefficients(6), [(1, 0), (2, 500), (3, 1000), (4, 1300), (5, 1600), (6, 1900)]);
        assert!(!rule.stamp.verified, "nobody has checked it");
    }
}
