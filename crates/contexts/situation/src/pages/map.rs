//! The map of a place as SVG: outlines and what is open where, without script and without a base map.

use linli_geo::{Frame, Point};
use linli_kernel::PlacePath;
use linli_territory::queries::MapOf;

use crate::model::Child;

// Small, so that its letters are not below 14 pixels on a phone.
const WIDTH: u16 = 400;
const HEIGHT: u16 = 300;
const MARGIN: u16 = 30;
/// With more children than this, only those with something open carry their names.
const NAMED: usize = 10;

/// The map, ready to be drawn.
pub(crate) struct MapView {
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) outline: String,
    pub(crate) areas: Vec<AreaView>,
    pub(crate) pins: Vec<PinView>,
}

/// The outline of a child.
pub(crate) struct AreaView {
    pub(crate) d: String,
    pub(crate) state: &'static str,
}

/// The mark of a child: a square for overdue, a disc for open, a dot for nothing open.
pub(crate) struct PinView {
    pub(crate) href: String,
    pub(crate) name: String,
    pub(crate) open: i64,
    pub(crate) overdue: i64,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) radius: String,
    pub(crate) left: String,
    pub(crate) top: String,
    pub(crate) side: String,
    pub(crate) label_y: String,
    pub(crate) number_y: String,
    pub(crate) named: bool,
}

/// Draws the map; `None` when there is nothing to draw.
pub(crate) fn draw(map: &MapOf, children: &[Child]) -> Option<MapView> {
    let frame = Frame::fit(map.bbox?, WIDTH, HEIGHT, MARGIN);
    let counts = |path: &PlacePath| children.iter().find(|child| child.place.path == *path).map(|child| &child.counts);
    let state = |path: &PlacePath| match counts(path) {
        Some(c) if c.overdue > 0 => "act",
        Some(c) if c.open > 0 => "open",
        _ => "calm",
    };
    let areas: Vec<AreaView> = map
        .children
        .iter()
        .filter_map(|child| Some(AreaView { d: frame.path(child.outline.as_ref()?), state: state(&child.place.path) }))
        .collect();
    let crowded = map.children.len() > NAMED;
    let mut pins: Vec<PinView> = map
        .children
        .iter()
        .filter_map(|child| {
            let (open, overdue) = counts(&child.place.path).map_or((0, 0), |c| (c.open, c.overdue));
            let href = format!("/places/{}", child.place.path);
            Some(pin(&frame, child.point?, href, short(&child.place.name).to_owned(), open, overdue, !crowded || open > 0))
        })
        .collect();
    if pins.is_empty() && areas.is_empty() && map.outline.is_none() {
        return None;
    }
    // What presses is drawn last, on top.
    pins.sort_by_key(|pin| (pin.overdue, pin.open));
    Some(MapView {
        width: WIDTH,
        height: HEIGHT,
        outline: map.outline.as_ref().map(|shape| frame.path(shape)).unwrap_or_default(),
        areas,
        pins,
    })
}

/// The name without what its level says anyway.
fn short(name: &str) -> &str {
    let said = ["社区居委会", "村委会", "居委会", "社区", "街道办事处", "街道"];
    said.iter().find_map(|end| name.strip_suffix(end).filter(|rest| !rest.is_empty())).unwrap_or(name)
}

fn pin(frame: &Frame, at: Point, href: String, name: String, open: i64, overdue: i64, named: bool) -> PinView {
    let (x, y) = frame.xy(at);
    // Room for the digits, not a measure: a number is read, an area of a disc is not.
    let radius = match open {
        0 => 4.0,
        1..=9 => 11.0,
        10..=99 => 14.0,
        _ => 18.0,
    };
    let tenth = |v: f64| format!("{v:.1}");
    PinView {
        href,
        name,
        open,
        overdue,
        x: tenth(x),
        y: tenth(y),
        radius: tenth(radius),
        left: tenth(x - radius),
        top: tenth(y - radius),
        side: tenth(radius * 2.0),
        label_y: tenth(y + radius + 16.0),
        number_y: tenth(y + 5.5),
        named,
    }
}
