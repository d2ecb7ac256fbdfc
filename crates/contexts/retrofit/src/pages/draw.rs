//! Pictures as SVG: the plan from above, and the shadows through a day.

use std::fmt::Write as _;

use linli_sun::Spot;
use linli_webkit::T;

use crate::model::Box3;
use crate::rules::light::{Drawing, Ground, Shadows};

/// Metres of centimetres, as text.
fn metres(cm: i32) -> String {
    super::shown(i64::from(cm), 2)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn rectangle(svg: &mut String, class: &str, one: &Box3) {
    // Up on the screen is backwards from the front wall.
    let top = metres(one.y.saturating_add(one.d).saturating_neg());
    let _ = write!(
        svg,
        r#"<rect class="{class}" x="{}" y="{top}" width="{}" height="{}"/>"#,
        metres(one.x),
        metres(one.w),
        metres(one.d)
    );
}

/// The plan from above in the building's own directions, with a grid of five metres; `draws` lets rectangles be drawn on it.
pub(crate) fn plan(t: &T, drawing: &Drawing, shaft: &[Box3], draws: bool) -> String {
    let all = || drawing.building.iter().chain(&drawing.around).chain(shaft);
    let (left, right) =
        (all().map(|one| one.x).min().unwrap_or(0) - 600, all().map(|one| one.x + one.w).max().unwrap_or(0) + 600);
    let (fore, back) = (all().map(|one| one.y).min().unwrap_or(0) - 800, all().map(|one| one.y + one.d).max().unwrap_or(0) + 400);
    let mut svg = String::new();
    let _ = write!(
        svg,
        r#"<svg class="lift-plan"{} viewBox="{} {} {} {}" role="img" aria-label="{}">"#,
        if draws { " data-draw" } else { "" },
        metres(left),
        metres(-back),
        metres(right - left),
        metres(back - fore),
        escaped(&t.s("lift-plan-picture"))
    );
    for x in (left.div_euclid(500)..=right.div_euclid(500)).map(|n| n * 500) {
        let _ =
            write!(svg, r#"<line class="d-grid" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>"#, metres(x), metres(-back), metres(-fore));
    }
    for y in (fore.div_euclid(500)..=back.div_euclid(500)).map(|n| n * 500) {
        let _ =
            write!(svg, r#"<line class="d-grid" y1="{0}" y2="{0}" x1="{1}" x2="{2}"/>"#, metres(-y), metres(left), metres(right));
    }
    drawing.around.iter().for_each(|one| rectangle(&mut svg, "d-around", one));
    if drawing.footprint.is_empty() {
        drawing.building.iter().for_each(|one| rectangle(&mut svg, "d-building", one));
    } else {
        let points: Vec<String> = drawing.footprint.iter().map(|(x, y)| format!("{},{}", metres(*x), metres(-*y))).collect();
        let _ = write!(svg, r#"<polygon class="d-building" points="{}"/>"#, points.join(" "));
    }
    shaft.iter().for_each(|one| rectangle(&mut svg, "d-shaft", one));
    let front = drawing.front();
    for column in &drawing.windows {
        let half = column.width / 2;
        let (x1, y1, x2, y2) = match column.wall {
            'N' => (front.x + column.at - half, front.y + front.d, front.x + column.at + half, front.y + front.d),
            'E' => (front.x + front.w, front.y + column.at - half, front.x + front.w, front.y + column.at + half),
            'W' => (front.x, front.y + column.at - half, front.x, front.y + column.at + half),
            _ => (front.x + column.at - half, front.y, front.x + column.at + half, front.y),
        };
        let _ = write!(
            svg,
            r#"<line class="d-window" x1="{}" y1="{}" x2="{}" y2="{}"/>"#,
            metres(x1),
            metres(-y1),
            metres(x2),
            metres(-y2)
        );
    }
    // North: up on the screen when the front looks south, turned as the house is.
    let _ = write!(
        svg,
        r#"<g transform="translate({} {}) rotate({})"><line class="d-window" x1="0" y1="2" x2="0" y2="-2"/><text class="d-text" x="-.7" y="-2.4" font-size="2">{}</text></g>"#,
        metres(right - 300),
        metres(-back + 500),
        -drawing.turn,
        escaped(&t.s("lift-north"))
    );
    svg.push_str("</svg>");
    svg
}

fn points(spots: &[Spot]) -> String {
    spots.iter().map(|spot| format!("{:.2},{:.2}", spot.x, -spot.y)).collect::<Vec<_>>().join(" ")
}

/// The shadows through a day: a small picture for every second hour, north up, 100 m wide.
pub(crate) fn shadows(t: &T, day: &str, ground: &Ground, all: &[Shadows]) -> String {
    const SIDE: usize = 200;
    const WIDE: usize = 3;
    let corners: Vec<&Spot> = ground.building.iter().chain(&ground.shaft).flatten().collect();
    let middle = |of: fn(&Spot) -> f64| {
        let (least, most) = corners
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), spot| (least.min(of(spot)), most.max(of(spot))));
        if least.is_finite() { f64::midpoint(least, most) } else { 0.0 }
    };
    let (x, y) = (middle(|spot| spot.x), middle(|spot| spot.y));
    let shown: Vec<&Shadows> = all.iter().step_by(2).collect();
    let rows = shown.len().div_ceil(WIDE).max(1);
    let mut svg = String::new();
    let _ = write!(
        svg,
        r#"<svg class="lift-shadows" viewBox="0 0 {} {}" role="img" aria-label="{}">"#,
        SIDE * WIDE,
        (SIDE + 24) * rows,
        escaped(&t.v("lift-shadow-picture", "day", day))
    );
    for (at, shadow) in shown.into_iter().enumerate() {
        let (left, top) = ((at % WIDE) * SIDE, (at / WIDE) * (SIDE + 24));
        let _ = write!(
            svg,
            r#"<text class="d-text" x="{}" y="{}" font-size="14">{}:{:02}</text><svg x="{left}" y="{}" width="{SIDE}" height="{SIDE}" viewBox="{:.2} {:.2} 100 100">"#,
            left + 6,
            top + 17,
            shadow.minute / 60,
            shadow.minute % 60,
            top + 24,
            x - 50.0,
            -y - 60.0
        );
        let mut draw = |class: &str, pieces: &[Vec<Spot>]| {
            for piece in pieces {
                let _ = write!(svg, r#"<polygon class="{class}" points="{}"/>"#, points(piece));
            }
        };
        draw("d-standing", &shadow.standing);
        draw("d-thrown", &shadow.shaft);
        draw("d-around", &ground.around);
        draw("d-building", &ground.building);
        draw("d-shaft", &ground.shaft);
        svg.push_str("</svg>");
    }
    svg.push_str("</svg>");
    svg
}
