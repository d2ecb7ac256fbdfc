//! Answers as servers in the field give them: the reader understands them and says what is odd. The samples here are our own, with the
//! peculiarities of recorded ones; a folder of recorded answers (XML and JSON) in `LINLI_OPEN311_FIXTURES` is read as well.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on should stop"
)]

use linli_open311::check::{Kind, json, xml};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";

fn odd(kind: Kind, inside: &str) -> Vec<String> {
    let read = xml(format!("{DECLARATION}{inside}").as_bytes()).unwrap();
    assert_eq!(read.root, kind.root());
    let mut all = read.oddities;
    all.extend(kind.faults(&read.value, false));
    all
}

#[test]
fn namespaces_tabs_and_empty_elements_are_understood() {
    let services = "<services xmlns:m=\"http://city.example/services\"><service><service_code>001</service_code><metadata>false</metadata>\
        <type>realtime</type><keywords/><group>Litter</group><service_name>Cans_left_out</service_name><description>Left out\n</description>\
        </service></services>";
    assert_eq!(odd(Kind::Services, services), Vec::<String>::new());
    let request = "<service_requests>\n\t<request>\n\t\t<service_request_id>638344</service_request_id><status>closed</status>\
        <description></description><service_code>006</service_code><requested_datetime>2010-04-14T06:37:38-08:00</requested_datetime>\
        <lat>37.762221815</lat><long>-122.4651145</long><media_url>http://city.example/638344.jpg </media_url></request>\n</service_requests>";
    assert_eq!(odd(Kind::Requests, request), Vec::<String>::new());
    assert_eq!(odd(Kind::Requests, "<service_requests>\n</service_requests>"), Vec::<String>::new());
    assert_eq!(
        odd(Kind::Created, "<service_requests><request><token>503fc0</token></request></service_requests>"),
        Vec::<String>::new()
    );
}

#[test]
fn attributes_without_their_list_are_read_and_noted() {
    let attribute = |code: &str| {
        format!(
            "<attribute><variable>true</variable><code>{code}</code><datatype>singlevaluelist</datatype><required>true</required>\
             <datatype_description></datatype_description><order>1</order><description>Which?</description><values>\
             <value><key>123</key><name>Ford</name></value><value><key>124</key><name>Chrysler</name></value></values></attribute>"
        )
    };
    let bare = format!(
        "<service_definition><service_code>DMV66</service_code>{}{}</service_definition>",
        attribute("A"),
        attribute("B")
    );
    assert_eq!(odd(Kind::Definition, &bare), ["attribute stands directly in service_definition, without attributes"]);
    let right = format!(
        "<service_definition><service_code>DMV66</service_code><attributes>{}</attributes></service_definition>",
        attribute("A").replace("<values>", "<values />").split("<values />").next().unwrap().to_owned()
            + "<values /></attribute>"
    );
    assert_eq!(odd(Kind::Definition, &right), Vec::<String>::new());
}

#[test]
fn a_refusal_that_is_a_bare_element_is_a_fault() {
    let read =
        xml(b"HTTP/1.1 403 Forbidden \n\n<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<error>Invalid api_key received.</error>\n")
            .unwrap();
    assert_eq!(
        (read.root.as_str(), read.oddities.as_slice()),
        ("error", &["a status line of HTTP stands in the body".to_owned()][..])
    );
    assert_eq!(Kind::Errors.faults(&read.value, false), ["it is no list"]);
    assert_eq!(
        odd(Kind::Errors, "<errors><error><code>404</code><description>no</description></error></errors>"),
        Vec::<String>::new()
    );
}

#[test]
fn recorded_answers_can_be_read() {
    let Some(folder) = std::env::var_os("LINLI_OPEN311_FIXTURES") else {
        eprintln!("skipped: LINLI_OPEN311_FIXTURES names no folder of recorded answers");
        return;
    };
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let body = std::fs::read(&path).unwrap();
        let outcome = match path.extension().and_then(|ending| ending.to_str()) {
            Some("xml") => xml(&body),
            Some("json") => json(&body),
            _ => continue,
        };
        let document = outcome.unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        eprintln!("{}: {} {:?}", path.display(), document.root, document.oddities);
        read += 1;
    }
    assert!(read > 0, "there are none in it");
}
