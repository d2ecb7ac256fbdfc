//! What a row says of the three classifications. A file may name a case's class by any of them.

use linli_sheet::{FieldError, Record};

use super::classes::report_class;
use crate::model::{MessageClass, MessageClassId, MessageList, Named};
use crate::rules::{Governing, OTHER, Rules};

/// What a row's case is classed as.
pub(super) struct Classed {
    pub(super) class: String,
    pub(super) message: Option<MessageClassId>,
    pub(super) matter: Option<String>,
    /// The matter that counts where none was chosen.
    pub(super) usual_matter: Option<String>,
    pub(super) profile: Option<String>,
}

/// Reads the three: the class by the code or name of a class of reports, of a matter (five digits, or four of 2013), or of a 12345 class
/// (its path, or its lowest level where only one has it); else by what it is mapped to, else by the words. What nobody knows is a doubt.
pub(super) fn classed(
    (rules, list): (&Rules, Option<&MessageList>),
    record: &Record,
    description: &str,
    doubts: &mut Vec<FieldError>,
) -> Classed {
    let mut message = record.opt_text("message_class").and_then(|named| message(list, named, "message_class", doubts));
    let mut matter = record.opt_text("matter").and_then(|named| {
        let found = rules.city().matter_named(named).map(|matter| matter.code.clone());
        if found.is_none() {
            doubts.push(FieldError::new("matter", "matter_unknown").value(named));
        }
        found
    });
    let mut class = None;
    if let Some(asked) = record.opt_text("class") {
        if let Some(code) = report_class(rules, asked) {
            class = Some(code);
        } else if let Some(found) = rules.city().matter_named(asked) {
            matter.get_or_insert_with(|| found.code.clone());
        } else if let Some(found) = self::message(list, asked, "class", doubts) {
            message = message.or(Some(found));
        } else if !doubts.iter().any(|doubt| doubt.field == "class") {
            doubts.push(FieldError::new("class", "class_unknown").value(asked));
        }
    }
    let by_message = || message?.class.clone().filter(|code| rules.classes().find(code).is_some());
    let by_matter = || rules.class_of_matter(matter.as_deref()?).map(|class| class.code.clone());
    let named = class.or_else(by_message).or_else(by_matter);
    if named.is_none() && (message.is_some() || matter.is_some()) {
        let value = message.map_or_else(|| matter.clone().unwrap_or_default(), |message| message.path.to_string());
        doubts.push(FieldError::new("class", "class_unmapped").value(&value));
    }
    let class = named.unwrap_or_else(|| rules.classes().suggest(description).map_or(OTHER, |class| &class.code).to_owned());
    let of_reports = rules.classes().find(&class);
    let usual = message.and_then(|message| message.matter.clone());
    Classed {
        usual_matter: usual.or_else(|| of_reports.and_then(|class| class.matter.clone())),
        profile: of_reports.and_then(|class| Governing::of(rules, class, message).profile),
        message: message.map(|message| message.id),
        matter,
        class,
    }
}

fn message<'l>(
    list: Option<&'l MessageList>,
    named: &str,
    field: &str,
    doubts: &mut Vec<FieldError>,
) -> Option<&'l MessageClass> {
    match list.map_or(Named::Nobody, |list| list.named(named)) {
        Named::One(class) => Some(class),
        Named::Several => {
            doubts.push(FieldError::new(field, "class_ambiguous").value(named));
            None
        }
        Named::Nobody => {
            if field == "message_class" {
                doubts.push(FieldError::new(field, "message_class_unknown").value(named));
            }
            None
        }
    }
}
