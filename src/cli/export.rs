//! `schism export`: a stored trace in the formats of other tools.

use std::fs;

use schism::report::{EXPORT_HEADINGS, csv_rows, mermaid, perfetto};
use schism::trace;

use super::{Answer, ExportArguments, ExportFormat, Failure};

/// Does it: the text goes to stdout.
pub fn export(arguments: &ExportArguments) -> Result<Answer, Failure> {
    let path = arguments.dir.join("trace.jsonl");
    let shown = path.display();
    let text = fs::read_to_string(&path).map_err(|error| {
        let expected = "expected the folder that a run left, with its trace.jsonl";
        Failure::usage(&format!("cannot read {shown}: {error}; {expected}"))
    })?;
    let (header, entries) =
        trace::read(&text).map_err(|error| Failure::usage(&format!("{shown}: {error}")))?;
    let broken = |error: &dyn std::error::Error| Failure::internal(&error.to_string());
    let text = match arguments.format {
        ExportFormat::Perfetto => perfetto(&header, &entries).map_err(|error| broken(&error))?,
        ExportFormat::Mermaid => {
            mermaid(&header, &entries, &schism::oracle::judge(&header, &entries))
        }
        ExportFormat::Csv => {
            let mut table = csv::Writer::from_writer(Vec::new());
            table.write_record(EXPORT_HEADINGS).map_err(|error| broken(&error))?;
            for row in csv_rows(&header, &entries) {
                table.write_record(row).map_err(|error| broken(&error))?;
            }
            let bytes = table.into_inner().map_err(|error| broken(&error))?;
            String::from_utf8(bytes).map_err(|error| broken(&error))?
        }
    };
    Ok(Answer { text, code: 0 })
}

#[cfg(test)]
mod tests {
    use super::super::USAGE;
    use super::super::place::Place;
    use super::*;

    #[test]
    fn a_folder_without_a_trace_is_a_usage_error() {
        let place = Place::new("export-bad");
        for format in [ExportFormat::Perfetto, ExportFormat::Csv, ExportFormat::Mermaid] {
            let arguments = ExportArguments { dir: place.path().to_owned(), format };
            assert_eq!(export(&arguments).unwrap_err().code, USAGE);
        }
    }
}
