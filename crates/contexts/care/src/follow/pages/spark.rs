//! The oxygen saturation at rest as a small picture, with the line at which an alarm is raised. The same numbers stand beneath it in words.

use linli_webkit::T;

use crate::follow::queries::PersonView;

/// Readings in the picture.
const MOST: usize = 20;
/// Its size.
const WIDTH: i64 = 320;
const HEIGHT: i64 = 80;
/// Room around it.
const MARGIN: i64 = 8;
/// Whatever is lower lies on the lower edge.
const LEAST: i64 = 84;

/// A drawn line.
pub(crate) struct Spark {
    /// The corners of the line, `x,y x,y`.
    pub(crate) points: String,
    /// The newest reading.
    pub(crate) last: (i64, i64),
    /// How high the alarm line lies.
    pub(crate) alarm_y: i64,
    /// What is to be seen, in words.
    pub(crate) label: String,
    /// The value of the alarm line.
    pub(crate) alarm: i64,
}

impl Spark {
    /// The picture of somebody's readings; none while there are fewer than two.
    pub(crate) fn of(t: &T, view: &PersonView) -> Option<Self> {
        let mut values: Vec<i64> = view.readings.iter().filter_map(|reading| reading.vitals.spo2).take(MOST).collect();
        values.reverse();
        let (first, last) = (*values.first()?, *values.last()?);
        let steps = i64::try_from(values.len()).ok()?.checked_sub(1).filter(|steps| *steps > 0)?;
        let corner = |(n, value): (i64, &i64)| (MARGIN + n * (WIDTH - 2 * MARGIN) / steps, height(*value));
        let corners: Vec<(i64, i64)> = (0..).zip(&values).map(corner).collect();
        let scale2 = view.followed.as_ref().is_some_and(|followed| followed.factors.scale2);
        let alarm = view.rules.readings().alarm_line(scale2);
        let least = values.iter().min().copied()?;
        let label = t.with(
            "follow-spark",
            &[("n", (steps + 1).into()), ("first", first.into()), ("last", last.into()), ("least", least.into())],
        );
        Some(Self {
            points: corners.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" "),
            last: *corners.last()?,
            alarm_y: height(alarm),
            label,
            alarm,
        })
    }
}

/// How far down a value lies.
fn height(value: i64) -> i64 {
    let value = value.clamp(LEAST, 100);
    MARGIN + (100 - value) * (HEIGHT - 2 * MARGIN) / (100 - LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_value_lies_lower_and_inside() {
        let heights: Vec<i64> = (50..=100).map(height).collect();
        assert!(heights.windows(2).all(|pair| pair[0] >= pair[1]));
        assert!(heights.iter().all(|y| (MARGIN..=HEIGHT - MARGIN).contains(y)));
        assert_eq!((height(100), height(84), height(60)), (8, 72, 72));
    }
}
