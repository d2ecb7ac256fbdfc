//! What a board shows and what may be posted on it.

use std::time::Duration;

use linli_access::Role;
use linli_kernel::Ts;

use crate::BoardError;
use crate::model::Contact;

/// The government service hotline, the same number everywhere (国办发〔2020〕53号: one number, 12345, for all government service
/// hotlines except emergencies).
pub const HOTLINE: &str = "12345";

/// A page is made anew after this many seconds even if nothing seems to have happened: appointments and notices begin and end
/// by the clock alone.
pub const FRESH_SECS: i64 = 60;

/// How long after its end a page from before may still answer in a busy house. Who stands at the door reads for longer than that.
pub const BEFORE: Duration = Duration::from_secs(10);

/// From how many boards asked for within a second on a house counts as busy. A district whose every resident looks once a day asks for ten.
pub const BUSY: u64 = 500;

/// How much memory the made pages may take.
pub const CACHE_BYTES: usize = 48 * 1024 * 1024;

/// Longest title of a notice, in characters: one line on a phone in elder mode is about half of it.
pub const TITLE_CHARS: usize = 60;
/// Longest body of a notice, in characters.
pub const BODY_CHARS: usize = 5_000;
/// Longest signature of a notice, in characters.
pub const SIGNED_CHARS: usize = 60;
/// Longest pledge, in characters: it must stay readable on an A4 board.
pub const PLEDGE_CHARS: usize = 300;
/// What a notice that was posted is called in the public log.
pub const POSTED: &str = "board.notice";
/// What a notice that was taken down is called there.
pub const WITHDRAWN: &str = "board.notice_withdrawn";
/// Notices on one board.
pub const NOTICES_SHOWN: i64 = 12;

/// The four roles that a board names, in this order.
pub const ON_BOARD: [Role; 4] = [Role::LifeSteward, Role::RedSteward, Role::GridWorker, Role::PropertyManager];

/// How many holders of one role a board names. The red steward team is several people; beyond three, a list is no answer.
const fn shown(role: Role) -> usize {
    match role {
        Role::RedSteward => 3,
        Role::LifeSteward | Role::GridWorker => 2,
        _ => 1,
    }
}

/// In whose name a notice is signed: that of the organisation the appointment stands for. The community (社区) speaks for itself
/// alone: its secretary who also holds a post in a property company (交叉任职) does not sign as that company.
#[must_use]
pub fn signature(role: Role, appointed_by: Option<String>, home: Option<String>) -> String {
    let of_the_community = matches!(role, Role::CommunitySecretary | Role::CommunityWorker);
    let (first, second) = if of_the_community { (home, appointed_by) } else { (appointed_by, home) };
    first.or(second).unwrap_or_default()
}

/// Picks, from those who answer for a place (nearest scope first within a role), whom the board names and which of its four
/// roles nobody holds.
#[must_use]
pub fn whom_to_call(answering: Vec<Contact>) -> (Vec<Contact>, Vec<Role>) {
    let mut named: Vec<Contact> = Vec::new();
    for role in ON_BOARD {
        let holders = answering.iter().filter(|contact| contact.role == role);
        for contact in holders {
            let same_person = named.iter().any(|n| n.role == role && n.name == contact.name && n.phone == contact.phone);
            if !same_person && named.iter().filter(|n| n.role == role).count() < shown(role) {
                named.push(contact.clone());
            }
        }
    }
    let vacant = ON_BOARD.into_iter().filter(|role| !named.iter().any(|n| n.role == *role)).collect();
    (named, vacant)
}

/// A text of a notice or pledge: trimmed, line ends made one, no control characters but the line end.
///
/// # Errors
/// `Field` when it is empty, too long or holds control characters.
pub fn plain_text(field: &'static str, text: &str, most: usize, lines: bool) -> Result<String, BoardError> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.trim();
    if text.is_empty() {
        return Err(BoardError::Field { field, wrong: Wrong::Empty });
    }
    if text.chars().any(|c| c.is_control() && !(lines && c == '\n')) {
        return Err(BoardError::Field { field, wrong: Wrong::ControlCharacter });
    }
    let found = text.chars().count();
    if found > most {
        return Err(BoardError::Field { field, wrong: Wrong::TooLong { most, found } });
    }
    Ok(text.to_owned())
}

/// A phone number as people dial it: digits, and hyphens or blanks between them; 3 to 20 digits. Kept with hyphens, without blanks.
///
/// # Errors
/// `Field` when it is none.
pub fn phone(field: &'static str, text: &str) -> Result<String, BoardError> {
    let kept: String = text.trim().chars().filter(|c| *c != ' ').collect();
    let digits = kept.chars().filter(char::is_ascii_digit).count();
    let shape = kept.starts_with(|c: char| c.is_ascii_digit()) && kept.ends_with(|c: char| c.is_ascii_digit());
    if shape && (3..=20).contains(&digits) && kept.chars().all(|c| c.is_ascii_digit() || c == '-') && !kept.contains("--") {
        Ok(kept)
    } else {
        Err(BoardError::Field { field, wrong: Wrong::NotAPhone })
    }
}

/// A notice must end after it begins, and not have ended already.
///
/// # Errors
/// `Field` on `ends_at`.
pub const fn period(starts: Ts, ends: Option<Ts>, now: Ts) -> Result<(), BoardError> {
    match ends {
        Some(ends) if ends.0 <= starts.0 || ends.0 <= now.0 => {
            Err(BoardError::Field { field: "ends_at", wrong: Wrong::EndsBefore })
        }
        _ => Ok(()),
    }
}

/// How a field is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// Nothing in it.
    Empty,
    /// Longer than it may be, in characters.
    TooLong {
        /// The most.
        most: usize,
        /// What came.
        found: usize,
    },
    /// A character that cannot be shown.
    ControlCharacter,
    /// Not a phone number.
    NotAPhone,
    /// Ends before it begins, or has ended already.
    EndsBefore,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(role: Role, name: &str) -> Contact {
        Contact { role, title: String::new(), name: name.into(), phone: None, organisation: String::new() }
    }

    #[test]
    fn the_community_signs_for_itself_and_a_company_for_the_post() {
        let (company, committee) = (|| Some("惠民物业".to_owned()), || Some("梅园社区居委会".to_owned()));
        assert_eq!(signature(Role::CommunitySecretary, company(), committee()), "梅园社区居委会", "a post in the company");
        assert_eq!(signature(Role::CommunityWorker, committee(), None), "梅园社区居委会");
        assert_eq!(signature(Role::PropertyManager, company(), Some("第2项目部".into())), "惠民物业");
        assert_eq!(signature(Role::PropertyManager, None, company()), "惠民物业");
        assert_eq!(signature(Role::PropertyManager, None, None), "");
    }

    #[test]
    fn the_board_names_the_nearest_of_each_role_and_says_who_is_missing() {
        let answering = vec![
            contact(Role::Guard, "门岗"),
            contact(Role::PropertyManager, "近"),
            contact(Role::PropertyManager, "远"),
            contact(Role::RedSteward, "一"),
            contact(Role::RedSteward, "二"),
            contact(Role::RedSteward, "二"),
            contact(Role::RedSteward, "三"),
            contact(Role::RedSteward, "四"),
            contact(Role::LifeSteward, "管家"),
        ];
        let (named, vacant) = whom_to_call(answering);
        let names: Vec<&str> = named.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["管家", "一", "二", "三", "近"]);
        assert_eq!(vacant, [Role::GridWorker]);
    }

    #[test]
    fn texts_are_plain() {
        assert_eq!(plain_text("body", " 第一段\r\n\r\n第二段 ", 100, true).unwrap(), "第一段\n\n第二段");
        for (text, lines) in [("", true), (" \n ", true), ("a\nb", false), ("a\u{7}b", true), ("字".repeat(101).as_str(), true)]
        {
            assert!(plain_text("body", text, 100, lines).is_err(), "{text:?}");
        }
    }

    #[test]
    fn phones_are_what_people_dial() {
        assert_eq!(phone("duty_phone", "025 5500-0101").unwrap(), "0255500-0101");
        assert_eq!(phone("duty_phone", "12345").unwrap(), "12345");
        for bad in ["", "12", "call me", "-025", "025--1", "1".repeat(21).as_str(), "+86 25"] {
            assert!(phone("duty_phone", bad).is_err(), "{bad}");
        }
    }
}
