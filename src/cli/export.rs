//! `schism export`: a stored trace in the formats of other tools.

use schism::report::{EXPORT_HEADINGS, csv_rows, mermaid, perfetto};

use super::stored::StoredRun;
use super::{Answer, ExportArguments, ExportFormat, Failure};

/// Does it: the text goes to stdout.
pub fn export(arguments: &ExportArguments) -> Result<Answer, Failure> {
    let StoredRun { header, entries, verdict, .. } = StoredRun::read(&arguments.dir)?;
    let broken = |error: &dyn std::error::Error| Failure::internal(&error.to_string());
    let text = match arguments.format {
        ExportFormat::Perfetto => perfetto(&header, &entries).map_err(|error| broken(&error))?,
        ExportFormat::Mermaid => mermaid(&header, &entries, &verdict),
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
