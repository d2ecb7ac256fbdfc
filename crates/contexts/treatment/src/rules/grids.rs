//! When an institution may change its grid, and a place its centre: exactly one at a time, and what was true stays true.

use linli_kernel::Ts;

/// A time that stands already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span<T> {
    /// Of what.
    pub of: T,
    /// From.
    pub from: Ts,
    /// Until, exclusive; `None` while it is open.
    pub to: Option<Ts>,
}

/// What a change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<T> {
    /// Nothing: it is so already.
    Nothing,
    /// A new one begins, and nothing ends.
    Begin,
    /// This one ends, and a new one begins.
    Follow(T),
    /// Refused: this one stands in the way.
    Against(T),
}

/// What it means that something begins at an instant, beside what stands. What has begun later, or at that very instant, stands in the way;
/// and so does whatever it would have to take away from a time that is over. `same` says that a span is of what is wanted already.
pub fn change<T: Copy>(standing: &[Span<T>], (from, now): (Ts, Ts), same: impl Fn(T) -> bool) -> Change<T> {
    let over = |span: &&Span<T>| span.to.is_none_or(|end| from < end);
    let later = standing.iter().filter(over).find(|span| span.from >= from);
    let before = standing.iter().filter(over).find(|span| span.from < from);
    if let Some(open) = standing.iter().find(|span| span.to.is_none() && span.from <= from)
        && same(open.of)
        && later.is_none_or(|later| later.from == open.from)
    {
        return Change::Nothing;
    }
    match (later, before) {
        (Some(later), _) => Change::Against(later.of),
        (None, Some(before)) if from < now || before.to.is_some() => Change::Against(before.of),
        (None, Some(before)) => Change::Follow(before.of),
        (None, None) => Change::Begin,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn span(of: i64, from: i64, to: Option<i64>) -> Span<i64> {
        let to = match to {
            Some(to) => Some(Ts(to)),
            None => None,
        };
        Span { of, from: Ts(from), to }
    }

    fn wanted(standing: &[Span<i64>], from: i64, of: i64) -> Change<i64> {
        change(standing, (Ts(from), Ts(100)), |known| known == of)
    }

    #[test]
    fn a_change_ends_the_old_and_begins_the_new() {
        assert_eq!(wanted(&[], 100, 1), Change::Begin);
        assert_eq!(wanted(&[], 20, 1), Change::Begin, "history may be written where none stands");
        assert_eq!(wanted(&[span(1, 10, None)], 100, 2), Change::Follow(1));
        assert_eq!(wanted(&[span(1, 10, None)], 150, 2), Change::Follow(1));
        assert_eq!(wanted(&[span(1, 10, None)], 100, 1), Change::Nothing);
    }

    #[test]
    fn what_was_true_is_not_taken_away() {
        assert_eq!(wanted(&[span(1, 10, None)], 50, 2), Change::Against(1), "back-dated over an open one");
        assert_eq!(wanted(&[span(1, 10, Some(60)), span(2, 60, None)], 50, 3), Change::Against(2));
        assert_eq!(wanted(&[span(1, 10, Some(60))], 50, 3), Change::Against(1));
        assert_eq!(wanted(&[span(1, 10, Some(60))], 60, 3), Change::Begin);
        assert_eq!(wanted(&[span(1, 10, Some(120)), span(2, 120, None)], 110, 3), Change::Against(2), "a change that is planned");
        assert_eq!(wanted(&[span(1, 100, None)], 100, 2), Change::Against(1), "of two at one moment the first stays");
    }

    proptest! {
        /// However the changes come, no two stand at one time.
        #[test]
        fn never_two_at_a_time(changes in prop::collection::vec((0_i64..200, 0_i64..4), 1..30)) {
            let mut standing: Vec<Span<i64>> = Vec::new();
            for (from, of) in changes {
                let at = Ts(from);
                match change(&standing, (at, Ts(100)), |known| known == of) {
                    Change::Begin => standing.push(span(of, from, None)),
                    Change::Follow(old) => {
                        let ended = standing.iter_mut().find(|one| one.of == old && one.to.is_none());
                        ended.unwrap().to = Some(at);
                        standing.push(span(of, from, None));
                    }
                    Change::Nothing | Change::Against(_) => {}
                }
                for instant in (0..200).map(Ts) {
                    let holding = standing.iter().filter(|one| one.from <= instant && one.to.is_none_or(|end| instant < end)).count();
                    prop_assert!(holding <= 1, "{holding} at {instant:?}: {standing:?}");
                }
            }
        }
    }
}
