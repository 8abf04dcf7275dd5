{{- /* A quantity in bytes: 10Gi as 10737418240. The schema admits whole numbers only. */ -}}
{{- define "brownfield.bytes" -}}
{{- $factors := dict "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $suffix := regexFind "[A-Za-z]+$" (toString .) -}}
{{- mul (regexFind "^[0-9]+" (toString .) | int64) (ternary 1 (get $factors $suffix) (empty $suffix)) -}}
{{- end -}}

{{- /* Bytes the streams may take: four fifths of the volume. The rest is for the file system and for what a stream
       holds until it is compacted; a full disk stops the broker, a full stream only makes writers wait. */ -}}
{{- define "brownfield.storeBytes" -}}
{{- if .Values.spine.enabled -}}
{{- $bytes := include "brownfield.bytes" .Values.spine.storage.size | int64 -}}
{{- if lt $bytes 536870912 -}}
{{- fail "spine.storage.size: streams, tables and health records need 512Mi at the least" -}}
{{- end -}}
{{- div (mul $bytes 4) 5 -}}
{{- else -}}
{{- include "brownfield.bytes" .Values.spine.external.storeBytes -}}
{{- end -}}
{{- end -}}

{{- /* requests and limits with every quantity as text: `cpu: 1` in somebody's values is a number, and Helm would
       write a large one as 2.5e+08. */ -}}
{{- define "brownfield.resources" -}}
{{- $result := dict -}}
{{- range $kind, $quantities := . -}}
{{- $texts := dict -}}
{{- range $name, $quantity := $quantities -}}
{{- $whole := and (kindIs "float64" $quantity) (eq (floor $quantity) (float64 $quantity)) -}}
{{- $_ := set $texts $name (ternary (int64 $quantity | toString) (toString $quantity) $whole) -}}
{{- end -}}
{{- $_ := set $result $kind $texts -}}
{{- end -}}
{{- toYaml $result -}}
{{- end -}}
