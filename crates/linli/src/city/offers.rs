//! What the page of the grid offers, read as a browser does.

/// Other beds that a page offers for somebody.
pub(super) fn others(page: &str, whom: &str) -> Vec<String> {
    let forms = page.split("action=\"/grid/decide\"").skip(1).filter_map(|rest| rest.split("</form>").next());
    let own =
        forms.filter(|form| form.contains(&format!("name=\"whom\" value=\"{whom}\"")) && form.contains("value=\"override\""));
    let of = |form: &str| -> Vec<String> {
        let select = form.split_once("name=\"to\">").and_then(|(_, rest)| rest.split("</select>").next()).unwrap_or_default();
        select.split("<option value=\"").skip(1).filter_map(|rest| Some(rest.split('"').next()?.to_owned())).collect()
    };
    own.flat_map(of).collect()
}

/// Suggestions that a page offers to accept: whom, and which bed.
pub(super) fn suggested(page: &str) -> Vec<(String, String)> {
    let forms = page.split("action=\"/grid/decide\"").skip(1).filter_map(|rest| rest.split("</form>").next());
    let field = |form: &str, name: &str| {
        let (_, rest) = form.split_once(&format!("name=\"{name}\" value=\""))?;
        Some(rest.split('"').next()?.to_owned())
    };
    let accepts = forms.filter(|form| field(form, "do").as_deref() == Some("accept"));
    accepts.filter_map(|form| Some((field(form, "whom")?, field(form, "to")?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_offers_one_bed_and_others_instead() {
        let form = |whom: &str, what: &str, rest: &str| {
            format!(
                "<form method=\"post\" action=\"/grid/decide\"><input name=\"whom\" value=\"{whom}\">{rest}<input name=\"do\" value=\"{what}\"></form>"
            )
        };
        let select = "<select name=\"to\"><option value=\"1/x\">甲</option><option value=\"1/y\">乙</option></select>";
        let page = form("a", "accept", "<input name=\"to\" value=\"1/x\">")
            + &form("a", "override", select)
            + &form("b", "override", "<select name=\"to\"><option value=\"1/z\">丙</option></select>");
        assert_eq!(suggested(&page), [("a".to_owned(), "1/x".to_owned())]);
        assert_eq!((others(&page, "a"), others(&page, "c")), (vec!["1/x".to_owned(), "1/y".to_owned()], Vec::new()));
    }
}
