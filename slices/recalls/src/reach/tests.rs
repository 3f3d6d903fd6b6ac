use super::things::GS1;
use super::*;

#[test]
fn addresses_are_read_as_they_are_written() {
    let gtin: Gtin = "06901234567892".parse().unwrap();
    for number in ["L1", "A/B", "50%", "x y", "(1)+'"] {
        let id = address(&lot_code(&gtin, number));
        assert_eq!(thing(&id), Thing::Lot(gtin, number.to_owned()), "{id}");
    }
    assert_eq!(address("01/06901234567892/10/A/B"), "https://id.gs1.org/01/06901234567892/10/A%2FB");
    let unit = format!("{GS1}01/06901234567892/10/L1/21/S1");
    assert_eq!(thing(&unit), Thing::Unit(gtin, "S1".to_owned()));
    assert_eq!(thing(&format!("{GS1}00/106141412345678908")), Thing::Container("106141412345678908".into()));
    for other in ["urn:epcglobal:cbv:bt:1:2", "https://id.gs1.org/01/123/21/1", "https://id.gs1.org/01/06901234567892"]
    {
        assert_eq!(thing(other), Thing::Other);
    }
}
