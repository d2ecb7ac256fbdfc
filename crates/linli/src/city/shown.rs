//! The reports for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::report::{Beside, Report, Spread, Waits};

/// The reports as a table for people.
pub fn table(reports: &[Report]) -> String {
    let mut out = String::new();
    let told = |one: &Beside| match one.ours {
        Some(ours) => format!("{ours}"),
        None if one.outside => "outside the span".to_owned(),
        None => "not reached".to_owned(),
    };
    for report in reports {
        let with = if report.plan { "with the plan" } else { "without the plan" };
        let _ = writeln!(
            out,
            "{} to {}, {} of the city, seed {}, {with}: {} returns, {} severe cases, {} lines in {} s\ndigest {}",
            report.from,
            report.to,
            report.share,
            report.seed,
            report.returns,
            report.severe,
            report.lines,
            report.seconds,
            report.digest
        );
    }
    let Some(first) = reports.first() else { return out };
    let _ = writeln!(out, "\n{:>10}  {:>9}  {:>9}  {:>9}  figure", "day", "expected", "ours", "error");
    for one in &first.published {
        let day = one.day.map(|day| day.to_string()).unwrap_or_default();
        let error = one.error.map(|error| format!("{error:+}")).unwrap_or_default();
        let _ = writeln!(
            out,
            "{day:>10}  {:>9}  {:>9}  {error:>9}  {} ({}) [{}]",
            one.expected,
            told(one),
            one.en,
            one.published,
            one.source
        );
    }
    let (held, outside) = (
        first.published.iter().filter(|one| one.error.is_some()).count(),
        first.published.iter().filter(|one| one.outside).count(),
    );
    let (n, median, most) = errors(&first.published);
    let _ = writeln!(
        out,
        "{held} of {} published figures are held against ours, {n} of them in percent: off by {median} % in the middle, {most} % at most; \
         {outside} are outside the span",
        first.published.len()
    );
    let _ = writeln!(out);
    let mut row = |name: &str, of: &dyn Fn(&Waits) -> String| {
        let values: Vec<String> = reports.iter().map(|report| of(&report.waits)).collect();
        let _ = writeln!(out, "{name:<48} {}", values.join("   |   "));
    };
    let spread = |one: &Spread| format!("{} / {} / {} min of {}", one.median, one.p90, one.most, one.n);
    let counts = |of: &BTreeMap<String, usize>| {
        if of.is_empty() {
            "none".to_owned()
        } else {
            of.iter().map(|(word, n)| format!("{word} {n}")).collect::<Vec<_>>().join(", ")
        }
    };
    let plans: Vec<&str> = reports.iter().map(|report| if report.plan { "with the plan" } else { "without the plan" }).collect();
    row("", &|_| plans.join("   |   "));
    row("request to bed: median / p90 / longest", &|one| spread(&one.to_bed));
    row("  critical", &|one| spread(&one.to_bed_critical));
    row("request to the door", &|one| spread(&one.to_door));
    row("green channel, request to answer", &|one| spread(&one.green_answer));
    row("people asked for", &|one| one.asked.to_string());
    row("died without a bed", &|one| one.died_waiting.to_string());
    row("without a bed at the end", &|one| one.waiting_at_end.to_string());
    row("passed on", &|one| counts(&one.passed_on));
    row("refused", &|one| counts(&one.refused));
    row("refusals of critical patients stopped", &|one| one.refusals_stopped.to_string());
    row("requests nobody took", &|one| one.given_up.to_string());
    row("asked twice at one house", &|one| one.ping_pong.to_string());
    row("beds ordered; orders in time, late, open", &|one| {
        format!("{}; {}, {}, {}", one.ordered_beds, one.orders_in_time, one.orders_late, one.orders_open)
    });
    row("decisions about the plan", &|one| counts(&one.decided));
    row("  another bed, because", &|one| counts(&one.overridden));
    row("step-down", &|one| counts(&one.step_down));
    out
}

/// How many figures are off by percents, and by how many: in the middle, and at most. What was published of other days is in none of them.
fn errors(published: &[Beside]) -> (usize, f64, f64) {
    let mut off: Vec<f64> = published.iter().filter(|one| one.percent).filter_map(|one| Some(one.error?.abs())).collect();
    off.sort_by(f64::total_cmp);
    let at = |part: usize| off.get((off.len() * part).div_ceil(100).saturating_sub(1)).copied().unwrap_or(0.0);
    (off.len(), at(50), at(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside((outside, percent): (bool, bool), error: Option<f64>) -> Beside {
        Beside {
            zh: "发热门诊".to_owned(),
            en: "Fever visits".to_owned(),
            day: Some(jiff::civil::date(2023, 1, 4)),
            published: 1.0,
            expected: 1.0,
            outside,
            ours: error,
            percent,
            error,
            source: "x".to_owned(),
        }
    }

    #[test]
    fn what_is_outside_the_span_is_in_no_error() {
        let all = [
            beside((false, true), Some(-4.0)),
            beside((false, true), Some(1.0)),
            beside((false, true), Some(2.0)),
            beside((false, false), Some(90.0)),
            beside((true, true), None),
            beside((false, true), None),
        ];
        assert_eq!(errors(&all), (3, 2.0, 4.0), "a ratio is in no percent");
        assert_eq!(errors(&[beside((true, true), None)]), (0, 0.0, 0.0));
    }
}
