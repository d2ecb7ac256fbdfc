//! The counting against trying everything out.

use linli_kernel::{PlacePath, Ts};
use linli_rulebook::Rulebook;
use proptest::prelude::*;

use super::*;

fn rules() -> Vec<Rule> {
    let book = Rulebook::builtin(&crate::rules::PACKS).unwrap();
    let at = Ts::from_local(jiff::civil::date(2026, 11, 24).at(9, 0, 0, 0)).unwrap();
    book.get::<Consent>(ID, &PlacePath::root(), at).unwrap().value.all().to_vec()
}

fn rule(id: &str) -> Rule {
    rules().into_iter().find(|rule| rule.id == id).unwrap()
}

fn homes(stances: &[Option<Stance>]) -> Vec<Voice> {
    (0..).zip(stances).map(|(owner, stance)| Voice { owner, area: Some(10_000), stance: *stance }).collect()
}

#[test]
fn the_lines_are_exact() {
    use Stance::{Agree, Object};
    let stands = |agree: usize, object: usize, open: usize| {
        let mut all = vec![Some(Agree); agree];
        all.extend(vec![Some(Object); object]);
        all.extend(vec![None; open]);
        judge(&rule("civil_code"), &homes(&all))
    };
    assert!(stands(6, 2, 4).passes, "eight of twelve, six of eight: exactly");
    assert!(!stands(5, 2, 5).passes, "seven of twelve are too few");
    assert!(!stands(5, 3, 4).passes, "five of eight are less than three quarters");
    let short = stands(5, 2, 5);
    assert_eq!((short.area, short.heads), (Missing::Of(10_000), Missing::Of(1)));
    assert_eq!(stands(2, 10, 0).heads, Missing::TooMuch(28), "somebody would have to change");
    assert!(!stands(0, 0, 12).passes);
    // Two thirds of all: 66.66 % is less.
    let jinan = |agree: usize, all: usize| {
        let mut stances = vec![Some(Agree); agree];
        stances.extend(vec![None; all - agree]);
        judge(&rule("jinan_2019"), &homes(&stances)).passes
    };
    assert!(jinan(8, 12) && !jinan(7, 12));
    let mut third = homes(&[Some(Agree), Some(Agree), None]);
    third.iter_mut().for_each(|voice| voice.area = Some(3_333));
    assert!(judge(&rule("jinan_2019"), &third).passes, "exactly two thirds");
    third.iter_mut().take(1).for_each(|voice| voice.area = Some(3_332));
    assert!(!judge(&rule("jinan_2019"), &third).passes, "66.66 % is not two thirds");
    third.iter_mut().take(1).for_each(|voice| voice.area = None);
    assert!(!judge(&rule("henan"), &third).passes, "without its area nothing passes");
}

#[test]
fn an_owner_of_three_homes_is_one_head() {
    let mut all = homes(&[Some(Stance::Agree); 4]);
    all.iter_mut().take(3).for_each(|voice| voice.owner = 7);
    assert_eq!(tally(&all).all.heads, 2);
    all.iter_mut().take(1).for_each(|voice| voice.stance = Some(Stance::Object));
    let tally = tally(&all);
    assert_eq!((tally.agree.heads, tally.object.heads, tally.part.heads), (1, 1, 2));
    // In Beijing's reading the others must not oppose.
    assert!(!judge(&rule("beijing_2023"), &all).passes);
}

fn stance() -> impl Strategy<Value = Option<Stance>> {
    prop_oneof![Just(None), proptest::sample::select(Stance::ALL).prop_map(Some)]
}

proptest! {
    /// Against trying out every group: a smallest one is found, and who carries it alone is exactly who does.
    #[test]
    fn who_carries_it_is_found(
        voices in proptest::collection::vec((0_i64..5, 1_i64..9_000, stance()), 1..8),
        which in 0_usize..4,
    ) {
        let voices: Vec<Voice> = voices.into_iter().map(|(owner, area, stance)| Voice { owner, area: Some(area), stance }).collect();
        let rule = rules().into_iter().nth(which).unwrap();
        let with = |owners: &[i64]| {
            let heard: Vec<Voice> = voices.iter().map(|voice| {
                let open = !matches!(voice.stance, Some(Stance::Agree | Stance::Object));
                if open && owners.contains(&voice.owner) { Voice { stance: Some(Stance::Agree), ..*voice } } else { *voice }
            }).collect();
            judge(&rule, &heard).passes
        };
        let mut owners: Vec<i64> = voices.iter().filter(|v| !matches!(v.stance, Some(Stance::Agree | Stance::Object))).map(|v| v.owner).collect();
        owners.sort_unstable();
        owners.dedup();
        let groups = (0_u32..1 << owners.len()).map(|bits| {
            owners.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, owner)| *owner).collect::<Vec<_>>()
        });
        let best = groups.filter(|group| with(group)).map(|group| group.len()).min();
        match carry(&rule, &voices) {
            None => prop_assert_eq!(best, Some(0)),
            Some(carry) => {
                prop_assert_eq!(best.unwrap_or(0), carry.fewest.len());
                prop_assert!(carry.fewest.is_empty() || with(&carry.fewest));
                for owner in owners {
                    prop_assert_eq!(carry.alone.contains(&owner), with(&[owner]));
                }
            }
        }
    }

    /// What is said to be missing by area is exactly what is missing, against trying out every amount.
    #[test]
    fn what_is_missing_is_the_least(all in 1_i64..200, part in 0_i64..200, agree in 0_i64..200, which in 0_usize..4) {
        let (part, agree) = (part.min(all), agree.min(part).min(all));
        let rule = rules().into_iter().nth(which).unwrap();
        // One head each, so that the count by heads is the same.
        let voices: Vec<Voice> = (0..all).map(|at| Voice {
            owner: at,
            area: Some(1),
            stance: if at < agree { Some(Stance::Agree) } else if at < part { Some(Stance::Object) } else { None },
        }).collect();
        let standing = judge(&rule, &voices);
        let reaches = |more: i64| {
            let (part, agree) = (part + more, agree + more);
            let whole = if rule.base == Base::All { all } else { part };
            agree > 0 && rule.quorum_area.reached(part, all) && rule.approve_area.reached(agree, whole)
        };
        let found = (0..=all - part).find(|more| reaches(*more));
        match standing.area {
            Missing::Of(n) => prop_assert_eq!(found, Some(n)),
            Missing::TooMuch(_) | Missing::Never => prop_assert_eq!(found, None),
        }
        prop_assert_eq!(standing.area.none(), standing.quorum.0 && standing.approve.0);
    }
}
