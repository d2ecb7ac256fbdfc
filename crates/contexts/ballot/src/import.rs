//! Rows of the register of owners: xlsx, csv or whatever else is a table. A line for every owner of a part; lines with one code are one part.

use std::sync::Arc;

use linli_kernel::Area;
use linli_sheet::{Hints, Limits, Origin, Row, Source};

use crate::error::{BallotError, Wrong};
use crate::model::{AreaSource, Standing, UnitKind};
use crate::rules::count::AREA_MOST;
use crate::rules::register::document;

/// The longest code of a part, in characters.
const CODE_MAX: usize = 120;
/// The longest name, in characters.
const NAME_MAX: usize = 60;

/// An owner as a file names one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Name.
    pub name: String,
    /// Number of the document, as it is compared.
    pub document: String,
    /// Whether this one speaks for all of them.
    pub speaks: bool,
}

/// A part as a file tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Where in the file it begins.
    pub line: usize,
    /// Its code: the natural key of a home, or a code of its own.
    pub code: String,
    /// The key of where it lies; the code itself where it is a home.
    pub place: String,
    /// What it is.
    pub kind: UnitKind,
    /// Its area.
    pub area: Area,
    /// Where the area is taken from.
    pub source: AreaSource,
    /// In whose hands.
    pub standing: Standing,
    /// Who owns it; nobody where it is the developer's.
    pub owners: Vec<Holder>,
}

/// The columns, each with the names it goes by in files.
const COLUMNS: [(&str, &[&str]); 9] = [
    ("code", &["code", "房屋编号", "房屋"]),
    ("place", &["place", "所在位置", "位置"]),
    ("kind", &["kind", "用途"]),
    ("area", &["area_m2", "面积", "专有部分面积"]),
    ("source", &["area_source", "面积来源"]),
    ("standing", &["standing", "权属状态"]),
    ("owner", &["owner", "业主", "业主姓名"]),
    ("document", &["document", "证件号码", "身份证号"]),
    ("speaks", &["speaks", "表决代表"]),
];

fn cell<'r>(row: &'r Row, column: &str) -> &'r str {
    let names = COLUMNS.iter().find(|(name, _)| *name == column).map_or(&[][..], |(_, names)| *names);
    names.iter().find_map(|name| row.get(name)).unwrap_or_default()
}

/// Words as files write them.
fn kind(word: &str) -> Option<UnitKind> {
    Some(match word {
        "" | "住宅" => UnitKind::Dwelling,
        "商铺" | "商业" => UnitKind::Shop,
        "办公" | "其他" => UnitKind::Other,
        "车位" | "车库" => UnitKind::Parking,
        "储藏室" => UnitKind::Storage,
        word => word.parse().ok()?,
    })
}

fn source(word: &str) -> Option<AreaSource> {
    Some(match word {
        "登记" | "不动产登记" => AreaSource::Register,
        "实测" => AreaSource::Survey,
        "合同" | "买卖合同" => AreaSource::Contract,
        word => word.parse().ok()?,
    })
}

fn standing(word: &str) -> Option<Standing> {
    Some(match word {
        "" | "已交付" => Standing::Owned,
        "未出售" => Standing::Unsold,
        "已售未交付" => Standing::Undelivered,
        word => word.parse().ok()?,
    })
}

fn text(line: usize, field: &'static str, value: &str, max: usize) -> Result<String, BallotError> {
    let problem = if value.is_empty() {
        Wrong::Required
    } else if value.chars().count() > max {
        Wrong::TooLong { max }
    } else if value.chars().any(char::is_control) {
        Wrong::ControlCharacter
    } else {
        return Ok(value.to_owned());
    };
    Err(BallotError::Line { line, field, problem })
}

fn part(line: usize, row: &Row) -> Result<Part, BallotError> {
    let wrong = |field, problem| BallotError::Line { line, field, problem };
    let code = text(line, "code", cell(row, "code"), CODE_MAX)?;
    let area = Area::parse(cell(row, "area")).filter(|area| (1..=AREA_MOST).contains(&area.0));
    let place = match cell(row, "place") {
        "" => code.clone(),
        place => place.to_owned(),
    };
    Ok(Part {
        line,
        place,
        kind: kind(cell(row, "kind")).ok_or(wrong("kind", Wrong::NotAChoice))?,
        area: area.ok_or(wrong("area", Wrong::NotAnArea))?,
        source: source(cell(row, "source")).ok_or(wrong("source", Wrong::NotAChoice))?,
        standing: standing(cell(row, "standing")).ok_or(wrong("standing", Wrong::NotAChoice))?,
        owners: Vec::new(),
        code,
    })
}

fn holder(line: usize, row: &Row, part: &Part) -> Result<Option<Holder>, BallotError> {
    let (name, number) = (cell(row, "owner"), cell(row, "document"));
    if part.standing != Standing::Owned && name.is_empty() && number.is_empty() {
        return Ok(None);
    }
    let name = text(line, "owner", name, NAME_MAX)?;
    let document = document(number).ok_or(BallotError::Line { line, field: "document", problem: Wrong::NotADocument })?;
    let speaks = matches!(cell(row, "speaks"), "1" | "是" | "yes" | "true" | "Y" | "y");
    Ok(Some(Holder { name, document, speaks }))
}

/// Reads a table of parts and owners.
///
/// # Errors
/// `Line` with the first line that is wrong; `Field` of the file itself.
pub fn read(name: &str, bytes: &[u8]) -> Result<Vec<Part>, BallotError> {
    let unreadable = |_| BallotError::field("file", Wrong::NotAChoice);
    let origin = Origin::Bytes { name: name.to_owned(), bytes: Arc::from(bytes) };
    let rows = Source::open(&origin, &Hints::default(), &Limits::default()).map_err(unreadable)?;
    let mut parts: Vec<Part> = Vec::new();
    let mut at = std::collections::HashMap::new();
    for row in rows {
        let row = row.map_err(unreadable)?;
        let line = usize::try_from(row.line).unwrap_or(usize::MAX);
        let new = part(line, &row)?;
        let owner = holder(line, &row, &new)?;
        let index = *at.entry(new.code.clone()).or_insert(parts.len());
        match parts.get_mut(index) {
            None => parts.push(Part { owners: owner.into_iter().collect(), ..new }),
            Some(there) => {
                let same = Part { line: there.line, owners: there.owners.clone(), ..new.clone() };
                let twice = owner.as_ref().is_none_or(|owner| there.owners.iter().any(|known| known.document == owner.document));
                if same != *there || twice {
                    return Err(BallotError::Line { line, field: "code", problem: Wrong::Contradicts });
                }
                there.owners.extend(owner);
            }
        }
    }
    if parts.is_empty() {
        return Err(BallotError::field("file", Wrong::Required));
    }
    parts.iter_mut().try_for_each(one_speaks)?;
    Ok(parts)
}

/// Co-owners have one vote together, and one of them speaks: the one the file names, the first where it names none.
fn one_speaks(part: &mut Part) -> Result<(), BallotError> {
    match part.owners.iter().filter(|owner| owner.speaks).count() {
        0 => {
            if let Some(first) = part.owners.first_mut() {
                first.speaks = true;
            }
            Ok(())
        }
        1 => Ok(()),
        _ => Err(BallotError::Line { line: part.line, field: "speaks", problem: Wrong::Contradicts }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<Part>, BallotError> {
        read("owners.csv", text.as_bytes())
    }

    #[test]
    fn lines_of_one_part_are_its_owners() {
        let head = "房屋编号,所在位置,用途,面积,面积来源,权属状态,业主,证件号码,表决代表\n";
        let parts = of(&format!(
            "{head}E1/1栋/1单元/101,,住宅,65.50,登记,,张三,A123456,\nE1/1栋/1单元/101,,住宅,65.50,登记,,李四,B123456,是\n\
             E1/车位/7,E1,车位,12.5,合同,未出售,,,\n"
        ))
        .unwrap();
        assert_eq!((parts.len(), parts[0].area, parts[0].place.as_str()), (2, Area(6_550), "E1/1栋/1单元/101"));
        assert_eq!(parts[0].owners.iter().map(|owner| owner.speaks).collect::<Vec<_>>(), [false, true]);
        assert_eq!((parts[1].kind, parts[1].standing, parts[1].owners.len()), (UnitKind::Parking, Standing::Unsold, 0));
        for (rows, line, field, problem) in [
            ("E1/1/1/1,,,65.505,登记,,张三,A123456,\n", 2, "area", Wrong::NotAnArea),
            ("E1/1/1/1,,,65.5,听说,,张三,A123456,\n", 2, "source", Wrong::NotAChoice),
            ("E1/1/1/1,,,65.5,登记,,张三,A1,\n", 2, "document", Wrong::NotADocument),
            ("E1/1/1/1,,,65.5,登记,,,,\n", 2, "owner", Wrong::Required),
            ("E1/1/1/1,,,65.5,登记,,张三,A123456,\nE1/1/1/1,,,66,登记,,李四,B123456,\n", 3, "code", Wrong::Contradicts),
            ("E1/1/1/1,,,65.5,登记,,张三,A123456,\nE1/1/1/1,,,65.5,登记,,张三,a12 3456,\n", 3, "code", Wrong::Contradicts),
        ] {
            match of(&format!("{head}{rows}")) {
                Err(BallotError::Line { line: at, field: name, problem: wrong }) => {
                    assert_eq!((at, name, wrong), (line, field, problem), "{rows}");
                }
                other => panic!("{rows}: {other:?}"),
            }
        }
        assert!(matches!(of(head), Err(BallotError::Field { field: "file", .. })));
    }
}
